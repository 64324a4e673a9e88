using System.Globalization;
using System.Net;
using Router.Configuration;

namespace Router.Modes;

/// <summary>
/// The site is being reopened in stages: a share of the clients sees it, the others see what they saw while it was closed. It is not in
/// <see cref="ModeCatalogue"/>, since it is set as the way to another mode.
/// </summary>
public sealed class ReopeningMode(Reopening plan) : Mode
{
    /// <summary>The name of every stage.</summary>
    public const string ModeName = "reopening";

    private readonly ulong _seed = ClientPosition.SeedOf(plan.Window);

    public Reopening Plan => plan;

    public override string Name => ModeName;

    public override string Summary =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{plan.To} for {plan.Share} % of the clients, {plan.Closed} for the others{Apis}; stage {plan.Stage + 1} of "
                + $"{plan.Shares.Length}"
        );

    public override ReopeningMode Stage => this;

    public override bool IsClosed => plan.Closed.IsClosed;

    /// <summary>
    /// Whether the site is open to a client, for requests to backends of this kind. A client without an address is treated as one of the
    /// last.
    /// </summary>
    public bool IsOpenTo(IPAddress client, BackendKind kind) =>
        // Programs come from few addresses: a share of those would be all of them or none.
        kind == BackendKind.Api
            ? plan.ApisFirst
            : (client.Equals(IPAddress.None) ? 1 : ClientPosition.Of(client, _seed)) * 100 < plan.Share;

    /// <summary>Allows what reaches a backend for some client: see <see cref="ModeState.For"/> for the mode of one client.</summary>
    public override ModeDecision Decide(BackendKind kind, string method) =>
        ShareReaching(kind, method) > 0 ? ModeDecision.Allow : ModeDecision.Close;

    public override double ShareReaching(BackendKind kind, string method)
    {
        var open = kind == BackendKind.Api ? Convert.ToDouble(plan.ApisFirst) : plan.Share / 100;
        return (open * plan.To.ShareReaching(kind, method)) + ((1 - open) * plan.Closed.ShareReaching(kind, method));
    }

    public override bool Equals(object? obj) => obj is ReopeningMode other && plan.Equals(other.Plan);

    public override int GetHashCode() => plan.GetHashCode();

    private string Apis => plan.ApisFirst ? $", {plan.To} for the APIs" : $", {plan.Closed} for the APIs";
}
