using Router.Management;

namespace Router.Tests;

/// <summary>When an open page of the operators is closed by the instance.</summary>
public sealed class LiveSubscriberTests
{
    private int _aborted;

    [Fact]
    public void A_page_that_reads_no_events_is_closed()
    {
        var page = new LiveSubscriber(null, () => _aborted++);

        for (var i = 0; i < 1000 && _aborted == 0; i++)
            page.Send(new byte[1]);

        _aborted.Should().Be(1);
    }

    [Fact]
    public void A_page_that_was_closed_while_an_event_was_made_is_left_alone()
    {
        var page = new LiveSubscriber(null, () => _aborted++);

        page.End();
        page.Send(new byte[1]);

        _aborted.Should().Be(0, "its connection may have the next request by now");
    }
}
