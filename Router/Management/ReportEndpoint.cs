using System.Text;
using Router.Configuration;
using Router.Pages;
using Router.Reports;
using Router.Switching;

namespace Router.Management;

/// <summary>The report of the last window of downtime: as JSON, or as the page that goes into the ticket.</summary>
public sealed class ReportEndpoint(FleetDescriber describer, ModeHistory history, InstanceReporter instance)
{
    public void MapTo(WebApplication app) => app.MapMethods("/report", ["GET", "HEAD"], (RequestDelegate)ShowAsync);

    private Task ShowAsync(HttpContext context) =>
        ManagementProblem.WithStoreAsync(
            context,
            async () =>
            {
                var format = context.Request.Query["format"].ToString();
                if (format is not ("" or "json" or "html"))
                {
                    var error = new ValidationError("format", $"is '{format}'", "Choose json or html");
                    await ManagementProblem
                        .WriteAsync(context, ManagementProblem.Invalid([error], ManagementProblem.NotValid))
                        .ConfigureAwait(false);
                    return;
                }

                var fleet = await describer.ReadAsync(null, context.RequestAborted).ConfigureAwait(false);
                var entries = await history.ReadAsync(context.RequestAborted).ConfigureAwait(false);
                if (LastWindow.Of([.. entries], fleet.Current.Now) is { } window)
                    await WriteAsync(context, Report(window, fleet), format is "html").ConfigureAwait(false);
                else
                    await ManagementProblem
                        .WriteAsync(
                            context,
                            ProblemDetails.Of(
                                "no-window",
                                "There is nothing to report",
                                StatusCodes.Status404NotFound,
                                "The site was not closed as far back as the history goes. To see the history: router mode history"
                            )
                        )
                        .ConfigureAwait(false);
            }
        );

    private WindowReport Report(LastWindow window, FleetDocument fleet) =>
        window.Report(
            [.. fleet.Instances.Select(it => (it.State, it.Report))],
            fleet.State,
            fleet.Verdict,
            fleet.Instances.Select(it => it.Report).FirstOrDefault(report => report.Name == instance.Name) ?? instance.Make(null),
            fleet.Current.Now
        );

    private static Task WriteAsync(HttpContext context, WindowReport report, bool isPage)
    {
        if (!isPage)
            return ReadableJson.WriteAsync(context, report, ReportJson.Default.WindowReport);
        var page = Encoding.UTF8.GetBytes(WindowReportPage.Of(report));
        // It is kept as a file, and never shown as a page of this origin.
        context.Response.Headers.ContentDisposition = "attachment; filename=\"downtime.html\"";
        context.Response.Headers.CacheControl = "no-store";
        (context.Response.ContentType, context.Response.ContentLength) = ("text/html; charset=utf-8", page.Length);
        return context.SendAsync(page).AsTask();
    }
}
