using System.Collections.Immutable;
using Router.Http;

namespace Router.Upstreams;

/// <summary>Sends each request to one of a backend's destinations.</summary>
public sealed class UpstreamHandler(ImmutableArray<Destination> destinations) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var sent = (BackendRequest)request;
        sent.TriedAddress = DestinationPicker.Of(destinations, sent.TriedAddress, Random.Shared);
        return destinations[sent.TriedAddress].Transport.SendAsync(sent);
    }
}
