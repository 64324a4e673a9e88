using System.Globalization;

namespace Router.Tests.OriginalSite;

/// <summary>Plays <c>cases.md</c> against Router's own configuration: the same environment, the same site.</summary>
public sealed class OriginalSiteTests(RecordedSite site) : IClassFixture<RecordedSite>
{
    private const string EveryResponse = "every response";
    private const string EveryForwardedRequest = "every forwarded request";

    public static TheoryData<int, string> Lines
    {
        get
        {
            var lines = new TheoryData<int, string>();
            foreach (var given in CaseFile.Own.Cases)
                lines.Add(given.Line, given.Name);
            return lines;
        }
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task The_client_and_the_backends_get_what_the_line_says(int line, string name)
    {
        var file = CaseFile.Own;
        var given = file.Cases.Single(given => given.Line == line);
        given.Name.Should().Be(name);
        var request = CaseRequest.Of(given, file);

        var (response, received) = await site.PlayAsync(request, given.Site, given.Says);

        var client = $"line {line}, the client's response: {response.Head}";
        string Fill(string item) =>
            item.Replace("{domain}", request.Host[(request.Host.IndexOf('.', StringComparison.Ordinal) + 1)..], StringComparison.Ordinal);
        response.Status.ToString(CultureInfo.InvariantCulture).Should().Be(given.Status, "{0}", client);
        response.ShouldHave(file.Items(EveryResponse).Concat(file.Items(given.Gets)).Select(Fill), client);

        string.Join(" then ", received).Should().Be(given.Received is "-" ? "" : given.Received, "line {0} says who receives what", line);
        var with = given.With.Split(" then ");
        for (var i = 0; i < received.Count; i++)
            ShouldBeForwarded(
                received[i],
                request,
                file.Items(EveryForwardedRequest).Concat(file.Items(with.ElementAtOrDefault(i) ?? "")),
                line
            );
    }

    [Fact]
    public void The_table_has_every_host_and_every_mode()
    {
        var cases = CaseFile.Own.Cases;

        cases.Should().HaveCountGreaterThanOrEqualTo(150);
        foreach (var host in new[] { "www.", "api.", "search-api.", "antivirus-api.", "assets.", "unknown." })
        {
            foreach (var mode in new[] { "live", "recovery", "maintenance" })
                cases.Should().Contain(given => given.Site == mode && given.Request.Contains($" {host}"), "{0} in {1}", host, mode);
        }
    }

    private void ShouldBeForwarded(ReceivedRequest received, CaseRequest request, IEnumerable<string> items, int line)
    {
        var message = received.Message;
        var who = $"line {line}, what {received.Backend} received: {message.Head}";
        message.FirstLine.Should().Be($"{message.Method} {message.Target} HTTP/1.1", "{0}", who);
        message.ShouldHave(
            items.Select(item =>
                item.Replace("{backend}", site.AuthorityOf(received.Backend), StringComparison.Ordinal)
                    .Replace("{host}", request.Host, StringComparison.Ordinal)
                    .Replace("{forwarded for}", request.ForwardedFor, StringComparison.Ordinal)
            ),
            who
        );
    }
}
