using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Names;

namespace Portolan.Cli.Checking;

/// <summary>
/// Remembers each target's last result, so that only changes are reported. Times, ports and which of several addresses won do not count.
/// </summary>
internal sealed class WatchedStates
{
    private readonly Dictionary<int, string> _states = [];

    /// <summary>Whether a target came to something else than the last time.</summary>
    /// <param name="index">Which target.</param>
    /// <param name="verdict">What it came to.</param>
    /// <param name="before">What it was before; <c>null</c> at the first look.</param>
    public bool HasChanged(int index, CheckVerdict verdict, out string? before)
    {
        var state = Describe(verdict);
        before = _states.GetValueOrDefault(index);
        _states[index] = state;
        return !string.Equals(state, before, StringComparison.Ordinal);
    }

    /// <summary>The state in a few words: <c>open, status 200</c>.</summary>
    public static string Describe(CheckVerdict verdict)
    {
        var report = verdict.Report;
        var words = new List<string> { report.State == PortState.Unknown ? report.Summary : report.State.Name() };
        if (report.Last<TlsStep>() is { } tls)
        {
            words.AddRange(tls.Session is null ? ["no TLS"] : tls.Faults.Select(f => f.Kind.Name()));
        }

        if (report.Hops[^1].Find<HttpStep>() is { } http)
        {
            words.Add(
                http.Response is { } answer
                    ? $"status {answer.Status}{(answer is { IsWhole: false, IsRedirect: false } ? ", the body cut short" : "")}"
                    : "no answer");
        }

        if (report.Last<GreetingStep>() is { Result: StepResult.Failed } greeting)
        {
            words.Add(greeting.Bytes.IsEmpty ? "no greeting" : "not the greeting of its protocol");
        }

        if (report.Last<ServiceStep>() is { Result: StepResult.Failed } service)
        {
            words.Add(service.Reaction switch
            {
                ServiceReaction.Answered => "refuses to serve",
                ServiceReaction.Silent => "no answer",
                ServiceReaction.Closed or ServiceReaction.Reset => "no answer, and the connection is closed",
                _ => $"not {service.Service.Label}",
            });
        }

        if (report.Last<DatagramStep>() is { Result: StepResult.Failed, Exchange.Outcome: DatagramOutcome.Replied })
        {
            words.Add("another protocol");
        }

        if (report.Last<QueryStep>()?.Last is { } question)
        {
            words.Add(question.Describe());
        }

        foreach (var (expectation, met, _) in verdict.Results)
        {
            words.Add($"{expectation.Text} {(met switch { true => "met", false => "not met", null => "unknown" })}");
        }

        return string.Join(", ", words);
    }
}
