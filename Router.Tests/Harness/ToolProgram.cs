using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Router.Tests.Harness;

/// <summary>
/// The tool as a program for the deployment scripts. It is the published application where there is one. Otherwise <c>downtime</c>, whose
/// command needs the standard streams, is a process of its own, and the other commands are invoked within this process: a script starts
/// three for each switch, and each would compile for half a second.
/// </summary>
internal sealed class ToolProgram : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("router-tool-").FullName;
    private readonly WebApplication _commands;
    private int _count;

    private ToolProgram()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        _commands = builder.Build();
        _commands.Run(RunAsync);
    }

    /// <summary>Where the program is.</summary>
    public string File => Path.Combine(_directory, "router");

    public static async Task<ToolProgram> StartAsync()
    {
        var program = new ToolProgram();
        await program._commands.StartAsync();
        await System.IO.File.WriteAllTextAsync(program.File, program.Text());
        await Script.RunAsync("chmod", ["+x", program.File]);
        return program;
    }

    public async ValueTask DisposeAsync()
    {
        await _commands.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private string Text()
    {
        var process = RouterProcess.Start();
        var own = $"exec {process.FileName} {string.Join(' ', process.ArgumentList)} \"$@\"";
        return RouterProcess.IsPublished
            ? $"#!/bin/sh\n{own}\n"
            : $$"""
                #!/bin/sh
                if [ "$1" = downtime ]; then
                    {{own}}
                fi
                for argument; do
                    shift
                    set -- "$@" --data-urlencode "argument=$argument"
                done
                result=$(curl --silent --show-error --data-urlencode "url=$ROUTER_URL" "$@" {{_commands.Urls.First()}}) || exit
                cat "{{_directory}}/${result#* }.output"
                cat "{{_directory}}/${result#* }.errors" >&2
                exit "${result%% *}"

                """;
    }

    private async Task RunAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        var (code, output, errors) = await Tool.RunAsync(form["url"].ToString(), form["argument"].Select(argument => argument!));
        var number = Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture);
        await System.IO.File.WriteAllTextAsync(Path.Combine(_directory, number + ".output"), output);
        await System.IO.File.WriteAllTextAsync(Path.Combine(_directory, number + ".errors"), errors);
        await context.Response.WriteAsync($"{code} {number}");
    }
}
