using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Scan.Probes;

namespace Portolan.Scan.Engine.Raw;

/// <summary>Who sent a probe, so that it can be told when the link did not take it.</summary>
internal enum ProbeOrigin : byte
{
    /// <summary>A pass; the number is its position.</summary>
    Sweep,

    /// <summary>A control probe; the number is its own.</summary>
    Control,

    /// <summary>A slow host's; the number is the host's and the port's.</summary>
    Slow,

    /// <summary>One that is not worth repeating by itself.</summary>
    Other,
}

/// <summary>A probe that was handed to a link.</summary>
internal readonly record struct SentProbe(ProbeOrigin Origin, ulong Number);

/// <summary>One thread's senders, one for each link, and which probes are in their batches.</summary>
internal sealed class RawSender(RawLinks links, RawCounters counters) : IDisposable
{
    private readonly List<Batch?> _batches = [];

    /// <summary>Probes that the links did not take since this was last cleared. Not sent is not a fact about a target.</summary>
    public List<SentProbe> Refused { get; } = [];

    /// <summary>Why the last of them was not taken.</summary>
    public SendReport LastRefusal { get; private set; }

    /// <summary>Writes a probe into its link's batch, which is flushed when it is full. A TTL of 0 is that of the scan's probes.</summary>
    public void Send(
        RawPath path, MacAddress nextHop, InternetAddress target, ProbeKind kind, ushort port, ProbeTag tag, SentProbe probe,
        byte timeToLive = 0)
    {
        var batch = BatchOf(path.Link);
        var slot = batch.Sender.Reserve();
        if (slot.IsEmpty)
        {
            Flush(batch);
            slot = batch.Sender.Reserve();
        }

        batch.Sender.Commit(path.WriterFor(timeToLive).Write(slot, nextHop, target, kind, port, tag));
        batch.Pending.Add(probe);
    }

    /// <summary>Hands all batches to their links.</summary>
    public void Flush()
    {
        foreach (var batch in _batches)
        {
            if (batch is { Pending.Count: > 0 })
            {
                Flush(batch);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var batch in _batches)
        {
            batch?.Sender.Dispose();
        }
    }

    /// <summary>Opens the senders of all links now, so that other threads need not.</summary>
    public void OpenAll()
    {
        foreach (var link in links.All)
        {
            BatchOf(link);
        }
    }

    private Batch BatchOf(OpenLink link)
    {
        while (_batches.Count <= link.Id)
        {
            _batches.Add(null);
        }

        return _batches[link.Id] ??= new Batch(link.Link.OpenSender());
    }

    private void Flush(Batch batch)
    {
        var report = batch.Sender.Flush();
        var beside = 0;
        for (var i = 0; i < report.Sent; i++)
        {
            beside += batch.Pending[i].Origin is ProbeOrigin.Control or ProbeOrigin.Other ? 1 : 0;
        }

        counters.CountSent(report.Sent, beside, report.Refused);
        if (report.Refused > 0)
        {
            LastRefusal = report;
            for (var i = report.Sent; i < batch.Pending.Count; i++)
            {
                Refused.Add(batch.Pending[i]);
            }
        }

        batch.Pending.Clear();
    }

    private sealed record Batch(IFrameSender Sender)
    {
        public List<SentProbe> Pending { get; } = new(256);
    }
}
