using Router.Configuration;
using Router.Modes.Stores;
using Router.Pages;

namespace Router.Management;

/// <summary>Problem responses of the management interface (RFC 9457).</summary>
public static class ManagementProblem
{
    /// <summary>Writes a problem. The commands that it recommends get the address that the request was sent to.</summary>
    public static Task WriteAsync(HttpContext context, ProblemDetails problem) =>
        ReadableJson.WriteAsync(
            context,
            problem with
            {
                Detail = Hint(context, problem.Detail),
            },
            ProblemJson.Default.ProblemDetails,
            problem.Status,
            ProblemDetails.MediaType
        );

    /// <summary>The message, with its commands extended to address the interface that the request was sent to.</summary>
    public static string Hint(HttpContext context, string message) =>
        ToolHint.At(message, $"{context.Request.Scheme}://{context.Request.Host}");

    public const string NotValid = "The request is not valid";

    /// <summary>The problem with a request that is not valid.</summary>
    public static ProblemDetails Invalid(IReadOnlyList<ValidationError> errors, string title = "Nothing was changed") =>
        ProblemDetails.Of("invalid", title, StatusCodes.Status400BadRequest, string.Join(" ", errors)) with
        {
            Errors = [.. errors.Select(ValidationErrorDocument.Of)],
        };

    /// <summary>Runs work that uses the mode store; a store that does not respond is a problem of the response.</summary>
    public static async Task WithStoreAsync(HttpContext context, Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (ModeStoreException error)
        {
            await WriteAsync(
                    context,
                    ProblemDetails.Of(
                        "store",
                        "The mode store does not respond",
                        StatusCodes.Status503ServiceUnavailable,
                        $"{error.Message}. It is not known whether a change was made: check the mode."
                    )
                )
                .ConfigureAwait(false);
        }
    }
}
