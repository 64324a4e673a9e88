using System.Security.Cryptography;
using Router.Headers;
using Router.Modes;
using Router.Pages;
using Router.Serving;

namespace Router.Management;

/// <summary>
/// The pages that visitors would see, as dry runs have rendered them. A frame can't send the token, so each page has an address that cannot
/// be guessed. Only the newest are kept.
/// </summary>
public sealed class PagePreviews(CurrentSite site, FleetClock clock)
{
    /// <summary>Where the pages are.</summary>
    public const string Folder = "/page";

    private const int MaxPages = 16;

    private readonly Lock _lock = new();
    private readonly Queue<(string Id, byte[] Page)> _pages = [];

    public void MapTo(WebApplication app) => app.MapMethods(Folder + "/{id}", ["GET", "HEAD"], (RequestDelegate)ShowAsync);

    /// <summary>Renders the page of a state and gives its path; null if the state closes nothing to visitors.</summary>
    public string? Add(ModeState state, HttpRequest request)
    {
        if (!state.Mode.RestrictsAnything)
            return null;
        var page = site.Current.Pages.Preview(state.Outside, clock.GetUtcNow(), request.Headers.AcceptLanguage.ToString());
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        lock (_lock)
        {
            _pages.Enqueue((id, page));
            if (_pages.Count > MaxPages)
                _pages.Dequeue();
        }

        return $"{Folder}/{id}";
    }

    private Task ShowAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        byte[]? page;
        lock (_lock)
            page = _pages.FirstOrDefault(kept => kept.Id == id).Page;
        if (page is null)
            return ManagementProblem.WriteAsync(
                context,
                ProblemDetails.Of(
                    "not-found",
                    "Not found",
                    StatusCodes.Status404NotFound,
                    "This preview is no longer kept. Run the dry run again."
                )
            );
        ProtectiveHeaders.AddPreviewPolicy(context.Response);
        context.Response.Headers.CacheControl = "no-store";
        (context.Response.ContentType, context.Response.ContentLength) = ("text/html; charset=utf-8", page.Length);
        return context.SendAsync(page).AsTask();
    }
}
