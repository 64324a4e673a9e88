namespace Router.Telemetry;

/// <summary>Log lines that say the same about the same thing, such as failures to forward to one backend.</summary>
/// <param name="Category">The logger's category.</param>
/// <param name="Event">The number of the message in it.</param>
/// <param name="Subject">The name from the configuration that the message is about; null where it is about none.</param>
public readonly record struct LogKind(string Category, int Event, string? Subject)
{
    // The names that messages give to what the configuration names. What clients send must not be here: they could make as many kinds as
    // they like.
    private static readonly string[] Subjects = ["Backend", "List"];

    /// <summary>The kind of a message.</summary>
    public static LogKind Of(string category, EventId id, object? state)
    {
        string? subject = null;
        if (state is IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            foreach (var (name, value) in values)
            {
                if (Subjects.Contains(name))
                    subject = value as string;
            }
        }

        return new LogKind(category, id.Id, subject);
    }
}
