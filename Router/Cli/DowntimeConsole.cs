using System.Text;
using Router.Reports;

namespace Router.Cli;

/// <summary>
/// The tool's own output while a downtime runs, on standard error: standard output belongs to the command. A closed terminal only silences
/// it: the tool must still record how the command ended.
/// </summary>
internal sealed class DowntimeConsole(TextWriter output)
{
    private bool _isClosed;
    private bool _isUnwritableNamed;

    /// <summary>For output of many lines.</summary>
    public TextWriter Output => new Lines(this);

    /// <summary>Prints a line with this machine's time.</summary>
    public void Say(string text) => Try(() => output.WriteLine($"{DateTimeOffset.Now:HH:mm:ss} router: {text}"));

    /// <summary>Prints an event between two bars, so that nobody overlooks it.</summary>
    public void Alarm(DowntimeEvent found) =>
        Try(() =>
        {
            var bar = new string(found.Kind == DowntimeEventKind.Danger ? '!' : '-', 72);
            var mark = found.Kind == DowntimeEventKind.Danger ? "!!! NOT SAFE ANY MORE: " : "WARNING: ";
            output.WriteLine(bar);
            output.WriteLine($"{DateTimeOffset.Now:HH:mm:ss} router: {mark}{found.Text}");
            output.WriteLine(bar);
        });

    /// <summary>Prints text without a time.</summary>
    public void Write(Action<TextWriter> write) => Try(() => write(output));

    /// <summary>Warns, once, that the progress can't be written.</summary>
    public void Unwritable(string problem)
    {
        if (!_isUnwritableNamed)
            Say($"WARNING: the progress can't be written ({problem}): --resume will not know what happens from now on");
        _isUnwritableNamed = true;
    }

    private void Try(Action write)
    {
        try
        {
            if (!_isClosed)
                write();
        }
        catch (IOException)
        {
            _isClosed = true;
        }
    }

    private sealed class Lines(DowntimeConsole console) : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Write(value.ToString());

        public override void Write(string? value) => console.Write(output => output.Write(value));
    }
}
