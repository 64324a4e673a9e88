using System.Security.Cryptography;
using Router.Access;
using Router.Modes;
using Router.Pages;
using Router.Switching;

namespace Router.Management;

/// <summary>Issues and revokes bypasses.</summary>
public sealed class BypassEndpoint(ModeDescriber describer, ChangeResponse response, FleetClock clock)
{
    public void MapTo(WebApplication app)
    {
        app.MapMethods("/bypass", ["POST"], (RequestDelegate)IssueAsync);
        app.MapMethods("/bypass/{id}", ["DELETE"], (RequestDelegate)RevokeAsync);
    }

    private async Task IssueAsync(HttpContext context)
    {
        if (
            await ManagementBody
                .ReadAsync(
                    context,
                    (json, errors) =>
                        BypassRequestDocument.Read(json, ManagementJson.Default.BypassRequestDocument, errors).ToRequest(errors)
                )
                .ConfigureAwait(false)
            is not { } request
        )
            return;
        var token = request.Address is null ? BypassToken.New() : null;
        var bypass = new Bypass
        {
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)),
            Window = "",
            Until = clock.GetUtcNow() + request.For,
            TokenHash = token is null ? null : BypassToken.HashOf(token),
            Addresses = request.Address,
            By = request.By,
            Note = request.Note,
        };
        var change = new ChangeRequest(
            HistoryKind.Bypass,
            (state, now, _, errors) => ModeChanges.Grant(state.Record, state.Index, bypass, now, errors)
        );
        await response
            .WriteAsync(
                context,
                change,
                result =>
                {
                    if (result.Outcome != ChangeOutcome.DryRun)
                        return ReadableJson.WriteAsync(
                            context,
                            BypassDocument.Of(bypass) with
                            {
                                Token = token,
                            },
                            ManagementJson.Default.BypassDocument,
                            StatusCodes.Status201Created
                        );
                    ChangeResponse.SetVersion(context, result.Before.Record);
                    return ReadableJson.WriteAsync(context, describer.Describe(result.Before), ManagementJson.Default.ModeDocument);
                }
            )
            .ConfigureAwait(false);
    }

    private Task RevokeAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        var change = new ChangeRequest(
            HistoryKind.Revoked,
            (state, now, _, errors) => ModeChanges.Revoke(state.Record, state.Index, id, now, errors)
        );
        return response.WriteAsync(context, change with { Note = new ChangeNote(ModeEndpoint.OperatorOf(context), id) });
    }
}
