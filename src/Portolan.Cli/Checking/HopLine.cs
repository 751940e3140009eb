using System.Globalization;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>
/// A connection of a redirected check in one line: <c>301 Moved Permanently, http://example.com/</c>. It may hold text from outside.
/// </summary>
internal static class HopLine
{
    /// <summary>As much of a URL as is shown. Characters; the whole is in the steps and in the JSON.</summary>
    private const int MostUrl = 120;

    /// <summary>The line.</summary>
    public static string Of(CheckHop hop)
    {
        var outcome = hop.Decisive switch
        {
            HttpStep { Response: { } answer, Result: not StepResult.Failed } =>
                string.Create(CultureInfo.InvariantCulture, $"{answer.Status} {answer.Reason}").TrimEnd(),
            { Summary: var summary } => summary,
            null => "nothing was done",
        };
        return $"{outcome}, {(hop.Target.Url is { Length: > MostUrl } url ? $"{url[..MostUrl]}…" : hop.Target.Url)}"
            + $"{(hop.Find<TlsStep>() is { } tls ? Tls(tls) : "")}";
    }

    private static string Tls(TlsStep step) => step switch
    {
        { Session: null } => "",
        { IsTrusted: false } => $", {step.Session.Version}, not trusted",
        _ => $", {step.Session.Version}",
    };
}
