using System.Text.Json;
using Portolan.Fleet.Agent;
using Portolan.Fleet.Jobs;
using Portolan.Fleet.Messages;
using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.FleetScenarios;

/// <summary>
/// An agent that probes nothing: it takes leases and sends batches as <see cref="FleetAgent"/> does, as fast as the broker confirms them.
/// </summary>
/// <param name="settings">Its settings.</param>
/// <param name="open">The percentage of ports that it says are open.</param>
internal sealed class SyntheticAgent(AgentSettings settings, int open)
{
    // As ChunkScanner cuts pieces: an agent with 2,000 probes a second has 60,000 in one.
    private const int MostRows = 1000;

    /// <summary>Open ports in each chunk.</summary>
    public Dictionary<long, int> Open { get; } = [];

    /// <summary>Bytes of the messages of the first chunk, and how many positions it has.</summary>
    public (long Bytes, long Positions) First { get; private set; }

    public async Task RunAsync(CancellationToken cancellation)
    {
        var link = new AgentLink(settings, "raw", TimeProvider.System, static text => Console.Error.WriteLine(text));
        var running = link.RunAsync(cancellation);
        try
        {
            await foreach (var delivery in link.Deliveries.ReadAllAsync(cancellation))
            {
                LeaseReply? reply;
                while ((reply = await link.AskAsync(LeaseVerb.Take, delivery.Chunk.Chunk, 0, cancellation))
                    is null or { Outcome: LeaseOutcome.Wait })
                {
                    await Task.Delay(2000, cancellation);
                }

                if (reply is { Outcome: LeaseOutcome.Granted, Work: { } work })
                {
                    foreach (var batch in BatchesOf(delivery.Chunk, work, reply.Attempt))
                    {
                        while (!await link.SendAsync(batch, cancellation))
                        {
                            await Task.Delay(500, cancellation);
                        }
                    }
                }

                await delivery.DoneAsync();
            }

            await running;
        }
        catch (OperationCanceledException)
        {
        }
    }

    private IEnumerable<ResultBatch> BatchesOf(ChunkMessage chunk, ChunkWork work, int attempt)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var codes = new byte[work.To - work.From];
        Array.Fill(codes, ProbeCode.Of(PortState.Closed, ReplyReason.Reset));
        var ports = new List<FoundPort>();
        for (var i = 0; i < codes.Length; i++)
        {
            if (IsOpen(work.Group, work.From + i))
            {
                codes[i] = ProbeCode.Of(PortState.Open, ReplyReason.SynAck);
                ports.Add(new FoundPort { At = work.From + i, Ttl = 64, Evidence = (byte)Evidence.SynAck, Time = now + (i / 2) });
            }
        }

        Open[chunk.Chunk] = ports.Count;
        var bytes = 0L;
        var from = work.From;
        for (var row = 0; from < work.To; row += MostRows)
        {
            var to = row + MostRows < ports.Count ? ports[row + MostRows].At : work.To;
            var batch = new ResultBatch
            {
                Job = chunk.Job,
                Chunk = chunk.Chunk,
                Attempt = attempt,
                Agent = settings.Name,
                From = from,
                To = to,
                Codes = ProbeCode.Pack(codes.AsSpan((int)(from - work.From), (int)(to - from))),
                Ports = ports[Math.Min(row, ports.Count)..Math.Min(row + MostRows, ports.Count)],
                Counts = new ProbeCounts { Sent = to - from, Replies = Math.Min(MostRows, ports.Count - row) },
            };
            if (First.Bytes == 0)
            {
                bytes += JsonSerializer.SerializeToUtf8Bytes(batch, FleetJson.Default.ResultBatch).Length;
            }

            yield return batch;
            from = to;
        }

        First = First.Bytes == 0 ? (bytes, codes.Length) : First;
    }

    // As irregular as a network: what is regular would take less room when it is compressed.
    private bool IsOpen(int group, long position)
    {
        var mixed = ((ulong)position + ((ulong)group << 40) + 1) * 0x9e37_79b9_7f4a_7c15;
        mixed = (mixed ^ (mixed >> 32)) * 0xd6e8_feb8_6659_fd93;
        return (mixed >> 33) % 100 < (ulong)open;
    }
}
