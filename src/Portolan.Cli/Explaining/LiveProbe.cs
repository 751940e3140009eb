using Portolan.Cli.Checking;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Reachability.Explaining;
using Portolan.Scan.Checking;
using StepResult = Portolan.Reachability.Explaining.StepResult;

namespace Portolan.Cli.Explaining;

/// <summary>Tries another machine's port with one connection, or one datagram, and adds what came of it.</summary>
internal static class LiveProbe
{
    /// <summary>Probes through the checker of <c>portolan check</c>.</summary>
    public static Explanation AddTo(Explanation explanation, ExplainQuestion question, CommandContext context, CancellationToken cancellationToken)
    {
        var scheme = question.Protocol == TransportProtocol.Udp ? "udp" : "tcp";
        var host = question.Address is { IsIPv4: true } four ? four.ToString() : $"[{question.Address}]";
        if (!CheckTargetParser.TryParse($"{scheme}://{host}:{question.Port}", out var target, out _))
        {
            throw new InvalidOperationException("an address and a port are a target");
        }

        context.EndInOrder();
        var report = CheckSetup.Make(new CheckOptions(), null, context).CheckAsync(target, cancellationToken).GetAwaiter().GetResult();
        var (verdict, symptom, result) = report.State switch
        {
            PortState.Open => (ReachVerdict.Reachable, question.Protocol == TransportProtocol.Udp ? ClientSymptom.Delivered : ClientSymptom.Connects, StepResult.Ok),
            PortState.Closed => (ReachVerdict.Unreachable, ClientSymptom.Refused, StepResult.Fail),
            PortState.Filtered => (ReachVerdict.Unreachable, ClientSymptom.TimesOut, StepResult.Fail),
            _ => (explanation.Verdict, explanation.Symptom, StepResult.Unknown),
        };
        var steps = explanation.Steps.Where(s => s.Layer != "beyond").ToList();
        steps.Insert(steps.FindIndex(s => s.Layer == "not checked"), new ExplanationStep("probe", result, report.Summary));
        return explanation with
        {
            Verdict = verdict,
            Symptom = symptom,
            Steps = steps,
            Headline = verdict switch
            {
                ReachVerdict.Reachable => $"YES – a probe from here got through: {report.Summary}.",
                ReachVerdict.Unreachable => $"NO – a probe from here did not get through: {report.Summary}.",
                _ => explanation.Headline,
            },
        };
    }
}
