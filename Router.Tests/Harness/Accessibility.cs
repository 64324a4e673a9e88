using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Router.Tests.Harness;

/// <summary>
/// Examines a page with axe-core. In the page itself: the package for Playwright opens another page, which is a process, for each result,
/// and sends all that is well too.
/// </summary>
internal static class Accessibility
{
    private const string Run = """
        async exclude => {
          const { violations } = await axe.run({ include: ["html"], exclude }, { resultTypes: ["violations"] });
          return violations.map(({ id, help, nodes }) => `${id}: ${help} ${nodes.map(node => node.html).join(" ")}`);
        }
        """;

    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    /// <summary>What axe finds wrong in a page, apart from the elements with this selector.</summary>
    public static async Task<string[]> ViolationsAsync(this IPage page, string? except = null)
    {
        if (!await page.EvaluateAsync<bool>("'axe' in window"))
            await page.EvaluateAsync(Axe);
        return await page.EvaluateAsync<string[]>(Run, except is null ? Array.Empty<string>() : [except]);
    }
}
