using Router.Configuration;
using Router.Modes;
using Xunit.Abstractions;

namespace Router.Tests;

/// <summary>
/// Random sequences of what people, clocks, processes and stores do, against a model that knows only what an operator knows.
/// </summary>
public sealed class ModeModelTests(ITestOutputHelper output)
{
    private static readonly TimeSpan ActivationDelay = TimeSpan.FromSeconds(2);
    private static readonly Mode Live = ModeCatalogue.All.Single(mode => mode.Name == "live");
    private static readonly Mode ReadOnly = ModeCatalogue.All.Single(mode => mode.Name == "read-only");

    [Fact]
    public void After_any_sequence_of_actions_the_mode_is_that_of_a_simple_model()
    {
        var seed = Seed.Next(output);
        var random = new Random(seed);
        for (var run = 0; run < 200; run++)
        {
            var clock = new ManualClock();
            var modes = new ModeController(clock, Live);
            var model = new Model(Live);
            for (var step = 0; step < 60; step++)
            {
                var before = modes.State.Record.Version;
                switch (random.Next(9))
                {
                    case 0 or 1:
                        var change = AnyChange(random, clock.GetUtcNow());
                        if (Try(modes, clock, change))
                            model.Set(change, clock.GetUtcNow());
                        break;
                    case 2:
                        if (
                            ModeChanges.Cancel(modes.State.Record, modes.State.Index, clock.GetUtcNow(), new ValidationErrors()) is
                            { } cancelled
                        )
                        {
                            modes.Offer(cancelled).Should().BeTrue();
                            model.Cancel();
                        }

                        break;
                    case 3:
                        Try(modes, clock, Longer(random, clock.GetUtcNow()));
                        break;
                    case 4:
                        ModeRecordText
                            .TryParse(
                                ModeRecordText.Format(
                                    modes.State.Record with
                                    {
                                        Version = modes.State.Record.Version.Next,
                                        Reached = modes.State.Index,
                                    }
                                ),
                                out var stored,
                                out var problem
                            )
                            .Should()
                            .BeTrue(problem);
                        modes.Dispose();
                        modes = new ModeController(clock, stored!);
                        break;
                    case 5 when Try(modes, clock, InStages()):
                        model.OpenInStages(clock.GetUtcNow());
                        break;
                    case 6:
                        var (record, at) = (modes.State.Record, clock.GetUtcNow());
                        var next = ReopeningChanges.Advance(record, modes.State.Index, null, at, ActivationDelay, new ValidationErrors());
                        (next is not null).Should().Be(model.Advance(at), $"seed {seed}, run {run}, step {step}");
                        if (next is not null)
                            modes.Offer(next).Should().BeTrue();
                        break;
                    case 7:
                        (record, at) = (modes.State.Record, clock.GetUtcNow());
                        var closed = ReopeningChanges.FallBack(
                            record,
                            modes.State.Index,
                            "errors",
                            at,
                            ActivationDelay,
                            new ValidationErrors()
                        );
                        (closed is not null).Should().Be(model.FallBack(at), $"seed {seed}, run {run}, step {step}");
                        if (closed is not null)
                            modes.Offer(closed).Should().BeTrue();
                        break;
                    default:
                        clock.Advance(AnyTime(random, mayGoBack: true));
                        break;
                }

                model.At(clock.GetUtcNow());
                Text(modes.Current).Should().Be(model.Now, $"seed {seed}, run {run}, step {step}");
                modes.State.Record.Version.Number.Should().BeGreaterThanOrEqualTo(before.Number);
                OpensNothingByTheClock(modes.State, $"seed {seed}, run {run}, step {step}");
            }

            modes.Dispose();
        }
    }

    [Fact]
    public async Task Whatever_happens_to_the_store_and_the_instances_the_site_opens_only_on_an_operators_command()
    {
        var seed = Seed.Next(output);
        var random = new Random(seed);
        var done = new SortedDictionary<string, int>();
        for (var run = 0; run < Seed.Cases(360); run++)
        {
            var clock = new ManualClock();
            var (store, model) = (new BrittleStore(clock), new Model(Live));
            store.Text = ModeRecordText.Format(
                new ModeRecord
                {
                    Version = new(1),
                    Written = clock.GetUtcNow(),
                    Steps =
                    [
                        new ModeStep
                        {
                            Mode = Live,
                            At = clock.GetUtcNow(),
                            Made = new(1),
                        },
                    ],
                }
            );
            var fleet = Enumerable.Range(0, 3).Select(index => new SwitchingInstance($"web-{index}", store, clock)).ToArray();
            var steps = new List<string>();
            await ConvergeAsync();
            for (var step = 0; step < 60; step++)
            {
                var what = "refused";
                var (one, isBroken) = (fleet[random.Next(fleet.Length)], store.Text == "{ broken");
                switch (random.Next(15))
                {
                    case 0 or 1 or 2:
                        var change = AnyChange(random, clock.GetUtcNow());
                        var known = one.Knows;
                        if (!await one.ChangeAsync(change))
                            break;
                        what = "set";
                        if (!known)
                            model.Forget();
                        model.Set(change, clock.GetUtcNow());
                        break;
                    case 3:
                        if (await one.ChangeAsync((state, now, _, errors) => ModeChanges.Cancel(state.Record, state.Index, now, errors)))
                        {
                            what = "cancelled";
                            model.Cancel();
                        }

                        break;
                    case 4:
                        var longer = Longer(random, clock.GetUtcNow());
                        known = one.Knows;
                        if (await one.ChangeAsync(longer))
                        {
                            what = "extended";
                            if (!known)
                                model.Forget();
                        }

                        break;
                    case 5:
                        what = $"restarted{(store.IsAway ? " without a store" : isBroken ? " with a broken record" : "")}";
                        Restart(Array.IndexOf(fleet, one));
                        break;
                    case 6:
                        what = store.IsAway
                            ? $"back{(store.Text is null ? " without data" : "")}"
                                + $"{(fleet.Any(it => it.Knows) ? "" : ", to instances that all forgot")}"
                            : "away";
                        store.IsAway = !store.IsAway;
                        break;
                    case 7 when !isBroken:
                        what = "lost its data";
                        store.Text = null;
                        break;
                    case 8 when store.Text is not null && !store.IsAway:
                        what = "broken";
                        store.Text = "{ broken";
                        break;
                    case 9:
                        what = "a response lost";
                        store.LosesTheNextResponse = true;
                        break;
                    case 10 when store.IsAway:
                        what = "all restarted without a store";
                        for (var each = 0; each < fleet.Length; each++)
                            Restart(each);
                        break;
                    case 12:
                        known = one.Knows;
                        if (!await one.ChangeAsync(InStages()))
                            break;
                        what = "reopened in stages";
                        if (!known)
                            model.Forget();
                        model.OpenInStages(clock.GetUtcNow());
                        break;
                    case 13:
                        if (
                            await one.ChangeAsync(
                                (state, now, delay, errors) => ReopeningChanges.Advance(state.Record, state.Index, null, now, delay, errors)
                            )
                        )
                        {
                            what = "advanced";
                            model.Advance(clock.GetUtcNow()).Should().BeTrue();
                        }

                        break;
                    case 14:
                        if (
                            await one.ChangeAsync(
                                (state, now, delay, errors) =>
                                    ReopeningChanges.FallBack(state.Record, state.Index, "errors", now, delay, errors)
                            )
                        )
                        {
                            what = "fell back";
                            model.FallBack(clock.GetUtcNow()).Should().BeTrue();
                        }

                        break;
                    default:
                        // Where no instance can record what was in force, a clock that goes back takes it from instances that restart.
                        var time = AnyTime(random, mayGoBack: !store.IsAway && !isBroken);
                        what = time < TimeSpan.Zero ? "the clock back" : "time";
                        clock.Advance(time);
                        break;
                }

                done[what] = done.GetValueOrDefault(what) + 1;
                await ConvergeAsync();
                steps.Add($"{what} -> {model.Now}, the store {(store.IsAway ? "away" : store.Text is null ? "empty" : "there")}");
                var place = $"seed {seed}, run {run}, step {step}: {string.Join("; ", steps.TakeLast(8))}";
                foreach (var instance in fleet)
                {
                    if (instance.Knows)
                        Text(instance.Modes.Current).Should().Be(model.Now, place);
                    else
                        instance.Modes.Current.Should().Be(ModeCatalogue.Closed, place);
                    OpensNothingByTheClock(instance.Modes.State, place);
                }

                if (!store.IsAway && store.Text != "{ broken")
                    fleet.Select(instance => instance.Modes.State.Record.Version).Distinct().Should().ContainSingle(place);
            }

            foreach (var instance in fleet)
                instance.Dispose();

            void Restart(int at)
            {
                fleet[at].Dispose();
                fleet[at] = new SwitchingInstance($"web-{at}", store, clock);
            }

            async Task ConvergeAsync()
            {
                string before;
                do
                {
                    before = Known();
                    model.At(clock.GetUtcNow());
                    random.Shuffle(fleet);
                    foreach (var instance in fleet)
                        await instance.PollAsync();
                    if (store is not { IsAway: false, Text: null })
                        continue;
                    // No instance has the record any more: after a wait for one that has it, the store records that the site is closed.
                    clock.Advance(TimeSpan.FromSeconds(3));
                    model.Forget();
                } while (Known() != before || store is { IsAway: false, Text: null });
            }

            // What the store holds and each instance knows.
            string Known()
            {
                var states = fleet.OrderBy(it => it.Name).Select(it => it.Modes.State);
                return $"{store.Text} {string.Join(' ', states.Select(it => $"{it.Record.Version} {it.Index}"))}";
            }
        }

        output.WriteLine(string.Join(", ", done.Select(entry => $"{entry.Key}: {entry.Value}")));
        done.Should()
            .ContainKeys(
                "set",
                "cancelled",
                "extended",
                "reopened in stages",
                "advanced",
                "fell back",
                "restarted",
                "restarted without a store",
                "all restarted without a store",
                "back without data",
                "back without data, to instances that all forgot",
                "broken",
                "restarted with a broken record"
            );
    }

    private static ModeChange AnyChange(Random random, DateTimeOffset now) =>
        new()
        {
            Mode = ModeCatalogue.All[random.Next(ModeCatalogue.All.Length)],
            At = random.Next(2) == 0 ? null : now.AddMinutes(random.Next(0, 30)),
            ReadOnlyBefore = random.Next(3) == 0 ? TimeSpan.FromSeconds(random.Next(1, 60)) : null,
        };

    private static ModeChange Longer(Random random, DateTimeOffset now) =>
        new() { Until = now.AddHours(random.Next(1, 5)), Reason = "longer" };

    private static ModeChange InStages() =>
        new()
        {
            Mode = Live,
            Stages = new StagedOpening { Shares = [5, 25, 100] },
        };

    private static string Text(Mode mode) => mode is ReopeningMode { Plan: var plan } ? Model.Stage(plan.Stage, plan.Closed) : mode.Name;

    private static TimeSpan AnyTime(Random random, bool mayGoBack) =>
        mayGoBack && random.Next(8) == 0 ? -TimeSpan.FromMinutes(random.Next(0, 60)) : TimeSpan.FromSeconds(random.Next(0, 600));

    private static bool Try(ModeController modes, ManualClock clock, ModeChange change) =>
        ModeChanges.Apply(modes.State.Record, modes.State.Index, change, clock.GetUtcNow(), ActivationDelay, new ValidationErrors())
            is { } record
        && modes.Offer(record);

    private static void OpensNothingByTheClock(ModeState state, string place)
    {
        if (state.Next is { } next)
            (next.Mode.Opens(state.Mode) && next.At > state.Record.Written + ModeChanges.MaxDelayToOpen).Should().BeFalse(place);
    }

    /// <summary>The mode now, and the list of what is to come.</summary>
    private sealed class Model(Mode mode)
    {
        private List<(State State, DateTimeOffset At)> _ahead = [];
        private State _now = new(mode);

        public string Now => _now.ToString();

        public static string Stage(int number, Mode closed) => $"stage {number} of opening {closed.Name}";

        public void Set(ModeChange change, DateTimeOffset now)
        {
            var (wanted, first) = (new State(change.Mode!), change.ReadOnlyBefore);
            var earliest = now + ActivationDelay + (first ?? TimeSpan.Zero);
            var effect = change.At > earliest ? change.At.Value : earliest;
            _ahead =
                wanted == _now && change.At is null && first is null ? []
                : first is null ? [(wanted, effect)]
                : [(new State(ReadOnly), effect - first.Value), (wanted, effect)];
        }

        public void Cancel() => _ahead = [];

        // A site that was on hold gets the page while it is reopened.
        public void OpenInStages(DateTimeOffset now) =>
            _ahead = [(new State(_now.Mode.HoldsAnything ? ModeCatalogue.Closed : _now.Mode, 0), now + ActivationDelay)];

        /// <summary>The stage after the last one that is in force or to come; after the second one the site is open.</summary>
        public bool Advance(DateTimeOffset now)
        {
            if (
                _ahead.Select(item => item.State).Prepend(_now).LastOrDefault(state => state.Number is not null)
                is not { Number: { } number } last
            )
                return false;
            _ahead = [(number == 0 ? last with { Number = 1 } : new State(Live), now + ActivationDelay)];
            return true;
        }

        public bool FallBack(DateTimeOffset now)
        {
            if (_now.Number is null)
                return false;
            _ahead = [(_now with { Number = null }, now + ActivationDelay)];
            return true;
        }

        /// <summary>No instance knows the mode any more.</summary>
        public void Forget() => (_now, _ahead) = (new State(ModeCatalogue.Closed), []);

        public void At(DateTimeOffset now)
        {
            foreach (var due in _ahead.Where(item => item.At <= now).ToArray())
            {
                _now = due.State;
                _ahead.Remove(due);
            }
        }

        // A mode, or the number of a stage that opens what was closed in the mode.
        private sealed record State(Mode Mode, int? Number = null)
        {
            public override string ToString() => Number is { } number ? Stage(number, Mode) : Mode.Name;
        }
    }
}
