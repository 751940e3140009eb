using Portolan.Lab.Truth;
using Portolan.Scan.Formats.Reading;
using Portolan.Scan.Results;

namespace Portolan.Lab.Scoring;

/// <summary>Compares what a result says of a host with the truth.</summary>
internal sealed class HostJudge
{
    private readonly List<WrongPorts> _wrong = [];

    /// <summary>Counts so far, over all hosts.</summary>
    public long PortsJudged { get; private set; }

    /// <summary>Ports that change with time.</summary>
    public long PortsVarying { get; private set; }

    /// <summary>Open ports called open.</summary>
    public long OpenFound { get; private set; }

    /// <summary>Others called open.</summary>
    public long OpenFalse { get; private set; }

    /// <summary>Open ports called something else.</summary>
    public long OpenMissed { get; private set; }

    /// <summary>Ports with another state than the true one.</summary>
    public long WrongStates { get; private set; }

    /// <summary>Judges some ports of a host.</summary>
    /// <param name="protocol">Their protocol.</param>
    /// <param name="truths">Their truth.</param>
    /// <param name="scanned">Which of them were scanned.</param>
    /// <param name="host">What was found.</param>
    public void Judge(TransportProtocol protocol, IReadOnlyList<PortTruth> truths, PortSet scanned, in ScannedHost host)
    {
        foreach (var truth in truths)
        {
            var left = truth.Ports & scanned;
            if (truth.Varies)
            {
                PortsVarying += left.Count;
                continue;
            }

            foreach (var group in host.Groups)
            {
                if (group.Protocol == protocol && group.State != PortState.Unknown && left.Overlaps(group.Ports))
                {
                    Count(protocol, truth, left & group.Ports, group.State, truth.Accepts(group.State, group.Reason));
                    left -= group.Ports;
                }
            }

            if (!host.IsPartial && !left.IsEmpty)
            {
                Count(protocol, truth, left, SoleOther(protocol, host.Others), AcceptsOther(protocol, truth, host.Others));
            }
        }
    }

    /// <summary>Counts hosts of which everything is right.</summary>
    public void CountRight(IReadOnlyList<PortTruth> truths, long hosts)
    {
        foreach (var truth in truths)
        {
            if (truth.Varies)
            {
                PortsVarying += hosts * truth.Ports.Count;
            }
            else
            {
                PortsJudged += hosts * truth.Ports.Count;
            }
        }
    }

    /// <summary>The wrong ports since this was asked last.</summary>
    public List<WrongPorts> TakeWrong()
    {
        List<WrongPorts> wrong = [.. _wrong];
        _wrong.Clear();
        return wrong;
    }

    // A port that is not named is at least not open.
    private static bool AcceptsOther(
        TransportProtocol protocol, PortTruth truth, IReadOnlyList<(TransportProtocol Protocol, PortState State)>? others)
    {
        if (others is null)
        {
            return truth.State != PortState.Open;
        }

        foreach (var other in others)
        {
            if (other.Protocol == protocol && truth.Accepts(other.State, truth.IsSynProxy ? ReplyReason.SynProxy : truth.Reason))
            {
                return true;
            }
        }

        return false;
    }

    private static PortState SoleOther(TransportProtocol protocol, IReadOnlyList<(TransportProtocol Protocol, PortState State)>? others)
    {
        var sole = PortState.Unknown;
        foreach (var other in others ?? [])
        {
            if (other.Protocol == protocol)
            {
                if (sole != PortState.Unknown && sole != other.State)
                {
                    return PortState.Unknown;
                }

                sole = other.State;
            }
        }

        return sole;
    }

    private void Count(TransportProtocol protocol, PortTruth truth, PortSet ports, PortState found, bool isRight)
    {
        var count = ports.Count;
        PortsJudged += count;
        if (truth.State == PortState.Open && found == PortState.Open)
        {
            OpenFound += count;
        }
        else if (found == PortState.Open)
        {
            OpenFalse += count;
        }
        else if (truth.State == PortState.Open && !isRight)
        {
            OpenMissed += count;
        }

        if (!isRight)
        {
            WrongStates += count;
            _wrong.Add(new WrongPorts(protocol, ports, truth.State, found, truth.Why));
        }
    }
}
