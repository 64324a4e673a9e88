using Microsoft.Net.Http.Headers;
using Router.Configuration;
using Router.Modes;
using Router.Pages;

namespace Router.Management;

/// <summary>Reads the JSON body of a management request.</summary>
public static class ManagementBody
{
    private const int MaxLength = 16 << 10;

    /// <summary>Reads a body; null if it is not valid, and the response with every error has been written.</summary>
    public static async Task<T?> ReadAsync<T>(HttpContext context, Func<ReadOnlyMemory<byte>, ValidationErrors, T> read)
        where T : class
    {
        if (await ReadJsonAsync(context).ConfigureAwait(false) is not { } json)
            return null;
        var errors = new ValidationErrors();
        var body = read(json, errors);
        if (!errors.Any)
            return body;
        await ManagementProblem.WriteAsync(context, ManagementProblem.Invalid(errors.All)).ConfigureAwait(false);
        return null;
    }

    // A form of another site can't send JSON unless the browser asks for permission first.
    private static async Task<byte[]?> ReadJsonAsync(HttpContext context)
    {
        if (
            !MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            || !type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        )
        {
            await ManagementProblem
                .WriteAsync(
                    context,
                    ProblemDetails.Of(
                        "not-json",
                        "JSON is required",
                        StatusCodes.Status415UnsupportedMediaType,
                        "Send Content-Type: application/json."
                    )
                )
                .ConfigureAwait(false);
            return null;
        }

        if (
            context.Request.ContentLength is null or <= MaxLength
            && await ReadBytesAsync(context).ConfigureAwait(false) is { Length: <= MaxLength } body
        )
            return body;
        await ManagementProblem
            .WriteAsync(
                context,
                ProblemDetails.Of(
                    "too-long",
                    "Nothing was changed",
                    StatusCodes.Status413PayloadTooLarge,
                    $"The request has more than {MaxLength} bytes. Give texts of up to {OperatorText.MaxLength} characters."
                )
            )
            .ConfigureAwait(false);
        return null;
    }

    private static async Task<byte[]> ReadBytesAsync(HttpContext context)
    {
        var body = new MemoryStream();
        var buffer = new byte[4096];
        while (
            body.Length <= MaxLength
            && await context.Request.Body.ReadAsync(buffer, context.RequestAborted).ConfigureAwait(false) is > 0 and var count
        )
            body.Write(buffer, 0, count);
        return body.ToArray();
    }
}
