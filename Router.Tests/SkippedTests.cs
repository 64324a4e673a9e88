using System.Reflection;

namespace Router.Tests;

/// <summary>A run without a program or without a long test says so, and what to do, in what <c>dotnet test</c> prints by default.</summary>
public sealed class SkippedTests
{
    [Fact]
    public void A_test_whose_program_is_missing_has_the_reason_and_the_package_in_its_name()
    {
        var fact = new ProgramFactAttribute("no-such-program", null, "It_works");
        var theory = new ProgramTheoryAttribute("no-such-program", null, "It_works");

        fact.Skip.Should().Be("no-such-program is not installed");
        (fact.DisplayName, theory.DisplayName).Should().Be(("It_works (no-such-program is not installed)", fact.DisplayName));
    }

    [Fact]
    public void Every_skipped_test_has_its_reason_in_its_name() =>
        typeof(SkippedTests)
            .Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .Select(method => method.GetCustomAttribute<FactAttribute>())
            .Where(fact => fact?.Skip is not null)
            .Should()
            .OnlyContain(fact => fact!.DisplayName.Contains(fact.Skip, StringComparison.Ordinal));
}
