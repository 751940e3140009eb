using Portolan.Reachability.Composing;
using Portolan.Reachability.Explaining;
using Portolan.Scan.Checking;

namespace Portolan.Watch.Checking;

/// <summary>Tries another machine's port with one connection, or one datagram, and adds what came of it.</summary>
public static class LiveProbe
{
    /// <summary>Probes through the checker of <c>portolan check</c>. The question is about an address of another machine.</summary>
    public static Explanation AddTo(
        Explanation explanation, ExplainQuestion question, Machine machine, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(explanation);
        ArgumentNullException.ThrowIfNull(question);
        var scheme = question.Protocol == TransportProtocol.Udp ? "udp" : "tcp";
        var host = question.Address is { IsIPv4: true } four ? four.ToString() : $"[{question.Address}]";
        if (!CheckTargetParser.TryParse($"{scheme}://{host}:{question.Port}", out var target, out _))
        {
            throw new InvalidOperationException("an address and a port are a target");
        }

        var report = CheckSetup.Make(new CheckOptions(), null, machine).CheckAsync(target, cancellationToken).GetAwaiter().GetResult();
        var (verdict, symptom, result) = report.State switch
        {
            PortState.Open =>
                (ReachVerdict.Reachable, question.Protocol == TransportProtocol.Udp ? ClientSymptom.Delivered : ClientSymptom.Connects,
                    LayerResult.Ok),
            PortState.Closed => (ReachVerdict.Unreachable, ClientSymptom.Refused, LayerResult.Fail),
            PortState.Filtered => (ReachVerdict.Unreachable, FilteredSymptom(report), LayerResult.Fail),
            _ => (explanation.Verdict, explanation.Symptom, LayerResult.Unknown),
        };
        var steps = explanation.Steps.Where(s => s.Layer != "beyond").ToList();
        var said = verdict == ReachVerdict.Reachable && question.Protocol == TransportProtocol.Tcp
            ? $"connected; {report.Summary}"
            : report.Summary;
        var isContradicted = verdict == ReachVerdict.Reachable && steps.Exists(s => s.Result == LayerResult.Fail && s.Layer != "prove");
        if (isContradicted)
        {
            // What was judged to stop it did not stop this one; no layer is called broken beside a connection that stands.
            steps = [.. steps.Select(
                s => s.Result == LayerResult.Fail
                    ? s with { Result = LayerResult.Unknown, IsProved = false, Detail = $"predicted to block it: {s.Detail}" }
                    : s)];
        }

        steps.Insert(steps.FindIndex(s => s.Layer == "not checked"), new ExplanationStep("probe", result, said));
        if (explanation.Verdict == ReachVerdict.Unreachable && verdict == ReachVerdict.Unreachable)
        {
            // What stops it on this machine is known already, and says more.
            return explanation with { Steps = steps };
        }

        return explanation with
        {
            Verdict = verdict,
            Symptom = symptom,
            Steps = steps,
            Fixes = verdict == ReachVerdict.Reachable ? [] : explanation.Fixes,
            Check = verdict == ReachVerdict.Reachable ? null : explanation.Check,
            Headline = verdict switch
            {
                ReachVerdict.Reachable =>
                    isContradicted && question.RulesFile is null
                        ? "YES – a probe from here got through, although the rules of this machine should block it; this is a defect of "
                            + "Portolan: please report it."
                    : $"YES – a probe from here got through: {said}.",
                ReachVerdict.Unreachable => $"NO – a probe from here did not get through: {report.Summary}.",
                _ => explanation.Headline,
            },
        };
    }

    // A datagram is filtered only when an ICMP error says so; a connection also by silence.
    private static ClientSymptom FilteredSymptom(CheckReport report) =>
        report.Last<ConnectStep>() is not { } connect ? ClientSymptom.Unreachable
        : connect.Attempts.Any(a => a.Icmp is { IsPortUnreachable: true }) ? ClientSymptom.Refused
        : connect.Attempts.Any(a => a.Outcome == ConnectionOutcome.Unreachable) ? ClientSymptom.Unreachable : ClientSymptom.TimesOut;
}
