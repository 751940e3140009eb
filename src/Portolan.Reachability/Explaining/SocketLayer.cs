using System.Globalization;
using Portolan.Reachability.Judging;
using Portolan.Sockets;

namespace Portolan.Reachability.Explaining;

/// <summary>
/// What the sockets themselves refuse, between rules and program: keys, filters, a minimum TTL, a full receive queue; and programs of the
/// namespace that choose the socket (sk_lookup).
/// </summary>
internal sealed class SocketLayer(ExplainQuestion question, ExplainFacts facts, bool isIPv4)
{
    private const string Layer = "socket";

    /// <summary>Adds the layer to an explanation of all others.</summary>
    /// <param name="result">The explanation.</param>
    /// <param name="listeners">The listeners that packets end at; <c>null</c> where there are none, or they are not here.</param>
    internal FamilyExplanation AddTo(FamilyExplanation result, ListenerLayer? listeners)
    {
        if (question.Protocol is not (TransportProtocol.Tcp or TransportProtocol.Udp) || !IsOpen(result, listeners))
        {
            return result;
        }

        var refusals = facts.Refusals();
        if (refusals.LookupPrograms > 0 && !IsLater(result))
        {
            return Chosen(result, refusals.LookupPrograms);
        }

        if ((result.Verdict == ReachVerdict.Unreachable && !IsLater(result)) || listeners is null)
        {
            return result;
        }

        var findings = listeners.Refusals(isIPv4).ConvertAll(
            r => SocketJudge.Of(r, question.Protocol, isIPv4, question.From?.Addresses, facts.Judge?.Replies));
        return findings.MaxBy(static f => f.Extent) is { Extent: not RefusedExtent.Nothing } worst
            ? Refused(result, worst, findings)
            : WithMissing(result, refusals);
    }

    /// <summary>Whether rules stop later packets only: what the socket refuses comes before.</summary>
    private static bool IsLater(FamilyExplanation result) => result.Verdict == ReachVerdict.Unreachable
        && result.Steps.FindLast(static s => s.Result == LayerResult.Fail)?.Layer == LaterPackets.Name;

    /// <summary>Whether sockets have a say: packets get to them, or nothing but a missing one stops them.</summary>
    private static bool IsOpen(FamilyExplanation result, ListenerLayer? listeners) =>
        result.Verdict == ReachVerdict.Unreachable && !IsLater(result)
        ? result.Steps.FindLast(static s => s.Result == LayerResult.Fail) is { } failed
            && (failed.Layer == "accept queue" || (failed.Layer == "listener" && result.Symptom != ClientSymptom.TimesOut))
        : listeners is not null;

    private static FamilyExplanation Chosen(FamilyExplanation result, int programs)
    {
        result.Add(new ExplanationStep(
            Layer, LayerResult.Unknown,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{programs} BPF sk_lookup program{(programs == 1 ? "" : "s")} of this network namespace may choose another socket")));
        return result.Verdict == ReachVerdict.Unknown
            ? result
            : result.Unknown("a BPF sk_lookup program of this network namespace chooses the socket");
    }

    private FamilyExplanation Refused(FamilyExplanation result, SocketFinding worst, List<SocketFinding> findings)
    {
        var alike = findings.Count(f => f.Extent == worst.Extent);
        var which = alike == findings.Count
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $", of {alike} of {findings.Count} sockets that share the port");
        var (was, reason) = (result.Verdict, result.Reason);
        result.Add(new ExplanationStep(
            Layer, worst.Extent == RefusedExtent.Unknown ? LayerResult.Unknown : LayerResult.Fail, worst.Detail + which));
        if (worst.IsQueue)
        {
            result.Fixes.Add($"portolan who {question.PortWords}    # the program hangs, or is too slow");
        }

        if (worst.Extent == RefusedExtent.All && which.Length == 0)
        {
            // Rules that are not decided may answer before the socket drops.
            result.Decisive = null;
            return was is ReachVerdict.Reachable or ReachVerdict.Unreachable
                ? result.End(
                    ReachVerdict.Unreachable, ClientSymptom.TimesOut,
                    $"{worst.Reason}; the client {Symptoms.Words(ClientSymptom.TimesOut, question.Protocol)}")
                : result.End(ReachVerdict.Unreachable, null, worst.Reason);
        }

        if (was == ReachVerdict.Unknown)
        {
            return result;
        }

        if (was == ReachVerdict.Unreachable)
        {
            return result.End(was, null, $"{reason}; {worst.Reason}{which}");
        }

        var before = was == ReachVerdict.Depends ? $"{reason}; " : "";
        return worst.Extent == RefusedExtent.Unknown ? result.Unknown($"{before}{worst.Reason}{which}")
            : result.Depends(
                was == ReachVerdict.Depends && result.DependsOn is { } on ? on
                : which.Length > 0 ? "the socket that receives packets"
                : worst.On,
                $"{before}{worst.Reason}{which}");
    }

    /// <summary>What could not be read takes the proof away, and is said once.</summary>
    private static FamilyExplanation WithMissing(FamilyExplanation result, SocketRefusals refusals)
    {
        List<(string What, string? Why)> all =
        [
            ("socket filters, IP_MINTTL, IP_TTL, SO_DONTROUTE, TCP-AO keys", refusals.WhyNotOptions),
            ("TCP-MD5 keys, SO_MARK, receive queues", refusals.WhyNotKeys),
            ("sk_lookup programs", refusals.WhyNotLookups),
        ];
        var missing = all.FindAll(static m => m.Why is not null);
        if (missing.Count == 0 || result.Verdict == ReachVerdict.Unknown)
        {
            return result;
        }

        result.Add(new ExplanationStep(Layer, LayerResult.NotChecked, "options of the listening socket not read") { IsProved = false });
        result.Footnotes.Add(
            $"options of the listening socket were not read: {string.Join("; ", missing.Select(static m => $"{m.What} ({m.Why})"))}");
        return result;
    }
}
