using System.Collections.Frozen;
using System.Net;
using System.Text;
using System.Text.Json;
using Router.Configuration;

namespace Router.Answers;

/// <summary>Every answer in every form, made ready at start and served from memory.</summary>
public sealed class Pages
{
    private readonly FrozenDictionary<Answer, (byte[] Html, byte[] Problem)> _prepared;

    private Pages(FrozenDictionary<Answer, (byte[] Html, byte[] Problem)> prepared) => _prepared = prepared;

    /// <summary>Where the pages stand: <c>wwwroot</c> beside the application.</summary>
    public static string Directory { get; } = Path.Combine(AppContext.BaseDirectory, "wwwroot");

    /// <summary>Reads the pages; one that is missing is a fault.</summary>
    public static Pages Load(string directory, Faults faults)
    {
        var maintenance = Read(directory, "maintenance.html", faults);
        var error = Read(directory, "error.html", faults);
        return new Pages(Answer.All.ToFrozenDictionary(
            answer => answer,
            answer => (
                Encoding.UTF8.GetBytes(Fill(answer == Answer.Closed ? maintenance : error, answer)),
                JsonSerializer.SerializeToUtf8Bytes(ProblemDetails.Of(answer), ProblemJson.Default.ProblemDetails))));
    }

    /// <summary>An answer as a page.</summary>
    public ReadOnlyMemory<byte> Html(Answer answer) => _prepared[answer].Html;

    /// <summary>An answer as a problem.</summary>
    public ReadOnlyMemory<byte> Problem(Answer answer) => _prepared[answer].Problem;

    private static string Read(string directory, string name, Faults faults)
    {
        var path = Path.Combine(directory, name);
        if (File.Exists(path))
            return File.ReadAllText(path);
        faults.Add(path, "is missing", "Put wwwroot of the release beside the application");
        return "";
    }

    private static string Fill(string page, Answer answer) => page
        .Replace("{{title}}", WebUtility.HtmlEncode(answer.Title), StringComparison.Ordinal)
        .Replace("{{detail}}", WebUtility.HtmlEncode(answer.Detail), StringComparison.Ordinal);
}
