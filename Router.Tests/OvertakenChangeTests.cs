using Router.Modes;

namespace Router.Tests;

/// <summary>A change of the mode while another instance replaces the record that it was made from.</summary>
public sealed class OvertakenChangeTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly BrittleStore _store;
    private readonly SwitchingInstance _instance;
    private readonly SwitchingInstance _other;

    public OvertakenChangeTests()
    {
        _store = new BrittleStore(_clock) { Text = FirstRecord.Of(new LiveMode()) };
        (_instance, _other) = (new SwitchingInstance("web-0", _store, _clock), new SwitchingInstance("web-1", _store, _clock));
    }

    public void Dispose()
    {
        _instance.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task A_change_is_made_although_the_other_instance_records_that_it_has_reached_a_step()
    {
        (await _instance.ChangeAsync(new ModeChange { Mode = ModeCatalogue.Closed })).Should().BeTrue();
        await _other.PollAsync();

        var isDone = await ChangeAsync(
            new ModeChange { Reason = "We move to a new database" },
            () =>
            {
                _clock.Advance(TimeSpan.FromSeconds(2));
                return _other.PollAsync();
            }
        );

        isDone.Should().BeTrue("no other operator has changed anything");
        _instance.Modes.State.Step.Should().BeEquivalentTo(new { Mode = ModeCatalogue.Closed, Reason = "We move to a new database" });
        _store.History.Should().HaveCount(2, "each change has one line");
    }

    [Fact]
    public async Task A_change_is_refused_if_the_other_instance_makes_one()
    {
        await _other.PollAsync();

        var isDone = await ChangeAsync(
            new ModeChange { Mode = new ReadOnlyMode() },
            async () => (await _other.ChangeAsync(new ModeChange { Mode = ModeCatalogue.Closed })).Should().BeTrue()
        );

        isDone.Should().BeFalse("the operator has not seen what the other one did");
        _store.History.Should().ContainSingle();
    }

    /// <summary>Makes a change; meanwhile, once between its reading the record and its replacing it, something else happens.</summary>
    private Task<bool> ChangeAsync(ModeChange change, Func<Task> meanwhile)
    {
        var isFirst = true;
        return _instance.ChangeAsync(
            (state, now, delay, errors) =>
            {
                if (isFirst)
                {
                    isFirst = false;
                    var happened = meanwhile();
                    happened.IsCompletedSuccessfully.Should().BeTrue("the store and the clock of this test wait for nothing");
                }

                return ModeChanges.Apply(state.Record, state.Index, change, now, delay, errors);
            }
        );
    }
}
