using System.CommandLine;
using System.CommandLine.Parsing;
using Router.Configuration;
using Router.Modes;

namespace Router.Cli;

/// <summary>Suggests a command for an invalid command line: the command that the mistyped word was meant to be.</summary>
public static class CommandSuggestion
{
    // The names that other tools use for these commands, at the top level and below mode.
    private static readonly (string Command, string[] Words)[] OnTop =
    [
        ("router", ["run", "serve", "start"]),
        ("router --help", ["help"]),
        ("router --version", ["version"]),
        ("router check", ["configtest", "lint", "test", "validate"]),
        ("router health", ["healthcheck", "ping"]),
        ("router mode set", ["switch"]),
        ("router mode set live", ["open"]),
        ("router mode set maintenance", ["close"]),
    ];

    private static readonly (string Command, string[] Words)[] OfTheMode =
    [
        ("router mode", ["get", "modes", "show", "state", "status"]),
        ("router mode --watch", ["watch"]),
        ("router mode extend", ["prolong"]),
        ("router mode cancel", ["abort", "unschedule"]),
        ("router mode history", ["log"]),
    ];

    /// <summary>The suggested command, including everything after the word; null if there is no suggestion.</summary>
    public static string? Of(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens is not [var word, ..])
            return null;
        var here = parsed.CommandResult.Command;
        if (word.StartsWith('-'))
            return
                NearestName.Of(
                    word,
                    Above(here)
                        .SelectMany(command => command.Options.Where(option => command == here || option.Recursive))
                        .Select(option => option.Name)
                )
                    is { } option
                ? $"{PathOf(here)} {option}"
                : null;
        var known = CommandFor(word.ToLowerInvariant(), here, parsed.RootCommandResult.Command);
        return known is null ? null : string.Join(' ', [known, .. Rest(parsed, word).Select(Quoted)]);
    }

    private static string? CommandFor(string word, Command here, Command root)
    {
        var mode = root.Subcommands.First(command => command.Name == "mode");
        if (here != root && here != mode)
            return NearestName.Of(word, here.Subcommands.Select(command => command.Name)) is { } below
                ? PathOf(here.Subcommands.First(command => command.Name == below))
                : null;
        foreach (var (command, words) in here == root ? [.. OnTop, .. OfTheMode] : OfTheMode)
        {
            if (words.Contains(word))
                return command;
        }

        Command[] commands = here == root ? [.. root.Subcommands, .. mode.Subcommands] : [.. mode.Subcommands, .. root.Subcommands];
        return NearestName.Of(word, [.. commands.Select(command => command.Name), .. ModeCatalogue.All.Select(known => known.Name)])
                is not { } name
                ? null
            : commands.FirstOrDefault(command => command.Name == name) is { } found ? PathOf(found)
            : $"router mode set {name}";
    }

    private static string PathOf(Command command) =>
        string.Join(' ', Above(command).Reverse().Select(above => above is RootCommand ? "router" : above.Name));

    // The command and its parents.
    private static IEnumerable<Command> Above(Command command)
    {
        for (var above = command; above is not null; above = above.Parents.OfType<Command>().FirstOrDefault())
            yield return above;
    }

    // Everything else that was typed, including options that were parsed.
    private static IEnumerable<string> Rest(ParseResult parsed, string word)
    {
        var isPassed = false;
        foreach (var token in parsed.Tokens.Where(token => token.Type != TokenType.Command))
        {
            if (!isPassed && token.Value == word)
                isPassed = true;
            else
                yield return token.Value;
        }
    }

    // Quoted so that a shell takes it as one word.
    private static string Quoted(string word) =>
        word is not ""
        && word.All(character => char.IsAsciiLetterOrDigit(character) || "-_./:=+@,%".Contains(character, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
