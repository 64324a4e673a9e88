using Microsoft.AspNetCore.StaticFiles;

namespace Router.Answers;

/// <summary>A file of <c>wwwroot</c> that a rule answers with: read when the configuration is, served from memory.</summary>
public sealed class FixedFile
{
    private static readonly FileExtensionContentTypeProvider ContentTypes = new();

    private readonly byte[] _content;
    private readonly string _contentType;

    private FixedFile(byte[] content, string contentType) => (_content, _contentType) = (content, contentType);

    /// <summary>Reads a file; null where it can't be.</summary>
    /// <param name="directory">Where the files stand.</param>
    /// <param name="name">The name, without a directory.</param>
    public static FixedFile? Load(string directory, string name)
    {
        var path = Path.Combine(directory, name);
        return Path.GetFileName(name) == name && File.Exists(path)
            ? new FixedFile(File.ReadAllBytes(path), ContentTypes.TryGetContentType(name, out var type) ? type : "application/octet-stream")
            : null;
    }

    /// <summary>Answers 200 with the file, or 405 where the method is not GET or HEAD.</summary>
    public async ValueTask WriteAsync(HttpContext context, ResponseHeaderRules rules)
    {
        var response = context.Response;
        if (context.Request.Method is not ("GET" or "HEAD"))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = "GET, HEAD";
            rules.Apply(context);
            return;
        }

        response.ContentType = _contentType;
        response.ContentLength = _content.Length;
        rules.Apply(context);
        await context.SendAsync(_content).ConfigureAwait(false);
    }
}
