using System.Security.Cryptography;
using Router.Configuration;
using Router.Headers;
using Router.Pages;

namespace Router.Management;

/// <summary>
/// The operator's page: the files of <c>wwwroot/operator</c>, read at startup and served from memory. They contain no secret; the page
/// itself asks for the token and reads everything else with it.
/// </summary>
public sealed partial class OperatorPage(ManagementSettings settings, PagePreviews previews, ILogger<OperatorPage> logger)
{
    private static readonly (string Path, string Name, string ContentType)[] Files =
    [
        ("/", "index.html", "text/html; charset=utf-8"),
        ("/operator/operator.css", "operator.css", "text/css; charset=utf-8"),
        ("/operator/operator.js", "operator.js", "text/javascript; charset=utf-8"),
        ("/operator/view.js", "view.js", "text/javascript; charset=utf-8"),
        ("/operator/texts.json", "texts.json", "application/json"),
    ];

    private readonly Dictionary<string, LoadedFile> _loaded = [];

    /// <summary>The directory of the files.</summary>
    public static string Directory { get; } = Path.Combine(SitePages.Directory, "operator");

    /// <summary>Whether a request is for the page itself or a preview, which a browser requests without the token.</summary>
    public bool IsPublic(HttpRequest request) =>
        settings.HasPage
        && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && (_loaded.ContainsKey(request.Path.Value ?? "") || request.Path.StartsWithSegments(PagePreviews.Folder));

    /// <summary>Reads the files and adds them. Without them the interface works, and has no page.</summary>
    public void MapTo(WebApplication app)
    {
        if (!settings.HasPage)
            return;
        foreach (var (path, name, type) in Files)
        {
            var file = Path.Combine(Directory, name);
            if (FileText.TryRead(file, out var problem, out var hint) is not { } content)
            {
                LogUnreadable(file, problem, hint);
                _loaded.Clear();
                return;
            }

            _loaded[path] = new LoadedFile(content, type);
        }

        foreach (var (path, file) in _loaded)
            app.MapMethods(path, ["GET", "HEAD"], (RequestDelegate)(context => WriteAsync(context, file)));
        previews.MapTo(app);
    }

    private static Task WriteAsync(HttpContext context, LoadedFile file)
    {
        var response = context.Response;
        ProtectiveHeaders.AddOperatorPolicy(response);
        (response.Headers.CacheControl, response.Headers.ETag) = ("no-cache", file.Tag);
        if (context.Request.Headers.IfNoneMatch == file.Tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        (response.ContentType, response.ContentLength) = (file.ContentType, file.Content.Length);
        return context.SendAsync(file.Content).AsTask();
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The management interface has no page for operators: '{File}' can't be read: {Problem}. {Hint}, or set "
            + "Router:Management:Page to false."
    )]
    private partial void LogUnreadable(string file, string problem, string hint);

    private sealed class LoadedFile(byte[] content, string contentType)
    {
        public byte[] Content => content;

        public string ContentType => contentType;

        // When it is asked for: most instances never serve the page, and the hash loads OpenSSL.
        public string Tag => field ??= $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\"";
    }
}
