namespace Router.Configuration;

/// <summary>Reads a section of <c>Router:ErrorPages</c>.</summary>
public static class ErrorPageReader
{
    /// <summary>Reads the section and records the errors.</summary>
    public static ErrorPageSettings Read(ConfigurationReader reader)
    {
        var settings = new ErrorPageSettings(
            // A page has content, which a 204, 205 or 304 cannot have. Instead of a success or a redirect it would hide what happened.
            reader.Name,
            reader.Location,
            StatusCodesReader.Read(reader, "OnStatus", 400, "the status code of an error"),
            reader.RequiredText("Backend", "Name the backend that has the page"),
            reader.RequiredText("Path", "Give the page's path, such as /404")
        );
        if (reader.List("OnStatus") is [])
            reader.AddError("OnStatus", "is not set", "List status codes, such as 403, 404");
        if (settings.Path is not "" && (!settings.Path.StartsWith('/') || settings.Path.AsSpan().ContainsAnyExceptInRange('!', '~')))
            reader.AddError("Path", $"'{settings.Path}' is not a path", "Give a path such as /404");
        reader.RefuseUnknownKeys();
        return settings;
    }
}
