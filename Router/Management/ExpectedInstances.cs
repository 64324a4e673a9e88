using System.Globalization;
using Router.Configuration;

namespace Router.Management;

/// <summary>How many instances an operator expects: the parameter <c>expect</c>.</summary>
/// <param name="Count">The number; null where it is not given.</param>
internal sealed record ExpectedInstances(int? Count)
{
    /// <summary>Reads it; null after a response that says what is wrong with it.</summary>
    public static async ValueTask<ExpectedInstances?> ReadAsync(HttpContext context)
    {
        if (context.Request.Query["expect"].ToString() is not { Length: > 0 } text)
            return new ExpectedInstances(Count: null);
        if (
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is >= 1 and <= FleetDocument.MaxExpected
        )
            return new ExpectedInstances(number);
        var error = new ValidationError("expect", $"is '{text}'", $"Give the number of instances, from 1 to {FleetDocument.MaxExpected}");
        await ManagementProblem.WriteAsync(context, ManagementProblem.Invalid([error], ManagementProblem.NotValid)).ConfigureAwait(false);
        return null;
    }
}
