using Router.Tests.SafeModel;
using Xunit.Abstractions;

namespace Router.Tests;

/// <summary>
/// Clients, instances, store, operator and application as a small state machine, in virtual time: no
/// write commits once the verdict was SAFE.
/// </summary>
public sealed class SafeModelTests(ITestOutputHelper output)
{
    // In these each fault is found. A test starts a little before the one that finds its fault; in a changed model, that is another one.
    private const int KnownSchedules = 2_000;

    private static readonly int Schedules = Seed.Cases(KnownSchedules);

    [Fact]
    public void No_write_commits_after_the_verdict_was_safe_whatever_fails()
    {
        var seed = Seed.Next(output);
        var restores = 0;
        for (var i = 0; i < Schedules; i++)
        {
            var world = new SimWorld(unchecked(seed + i), Fix.None);
            world.Run().Should().BeNull();
            restores += world.Restores;
        }

        output.WriteLine($"{restores} restores in {Schedules} schedules");
        restores.Should().BeGreaterThan(Schedules / 2, "a verdict that is never SAFE proves nothing");
    }

    [Fact]
    public void The_verdict_is_right_although_the_judging_instances_lease_has_expired() =>
        new SimWorld(1276280959, Fix.None).Run().Should().BeNull();

    [Theory]
    [InlineData(Fix.VanishedInstanceIsNotOutvoted, 0)]
    [InlineData(Fix.DeadInstanceLeavesItsOpenWrites, 240)]
    [InlineData(Fix.CutWriteSettles, 0)]
    [InlineData(Fix.PutIsAWrite, 0)]
    [InlineData(Fix.AbandonedWriteIsListed, 220)]
    [InlineData(Fix.ReadOnlyClosesWebSockets, 0)]
    [InlineData(Fix.RecoveryIsNotSafe, 0)]
    [InlineData(Fix.OneClock, 0)]
    [InlineData(Fix.LeaseCountsDrainAndMargin, 580)]
    [InlineData(Fix.RequestWaitsAfterAPause, 60)]
    [InlineData(Fix.EndIsProven, 270)]
    public void The_model_finds_the_fault_that_each_fix_prevents(Fix fix, int first)
    {
        for (var i = 0; i < KnownSchedules; i++)
        {
            var seed = (first + i) % KnownSchedules;
            if (new SimWorld(seed, fix).Run() is not { } violation)
                continue;
            output.WriteLine($"Schedule {seed}: {violation}");
            new SimWorld(seed, Fix.None).Run().Should().BeNull("the same schedule is right with the fix");
            return;
        }

        Assert.Fail($"No schedule needs {fix}");
    }
}
