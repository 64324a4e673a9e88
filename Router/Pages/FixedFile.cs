using Microsoft.AspNetCore.StaticFiles;
using Router.Configuration;
using Router.Headers;

namespace Router.Pages;

/// <summary>A file of <c>wwwroot</c> that a rule responds with: read together with the configuration, served from memory.</summary>
public sealed class FixedFile
{
    private static readonly FileExtensionContentTypeProvider ContentTypes = new();

    private readonly byte[] _content;
    private readonly string _contentType;

    private FixedFile(byte[] content, string contentType) => (_content, _contentType) = (content, contentType);

    /// <summary>Reads a file; an unreadable file is a validation error of the key that names it.</summary>
    /// <param name="directory">The directory of the files.</param>
    /// <param name="name">The file name, without a directory.</param>
    /// <param name="key">The key that names it.</param>
    /// <param name="errors">Receives the validation error.</param>
    public static FixedFile? Load(string directory, string name, string key, ValidationErrors errors) =>
        FileText.Read(directory, name, key, "Name a file in that folder", errors) is { } content
            ? new FixedFile(content, ContentTypes.TryGetContentType(name, out var type) ? type : "application/octet-stream")
            : null;

    /// <summary>Responds to GET or HEAD with the file.</summary>
    public ValueTask WriteAsync(HttpContext context, ResponseHeaderRules rules)
    {
        context.Response.ContentType = _contentType;
        context.Response.ContentLength = _content.Length;
        rules.Apply(context);
        return context.SendAsync(_content);
    }

    /// <summary>Responds to any other method with 405.</summary>
    public static ValueTask RejectMethodAsync(HttpContext context, ResponseHeaderRules rules)
    {
        context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        context.Response.Headers.Allow = "GET, HEAD";
        rules.Apply(context);
        return ValueTask.CompletedTask;
    }
}
