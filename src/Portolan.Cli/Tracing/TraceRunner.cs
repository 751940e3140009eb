using Portolan.Cli.Hosting;
using Portolan.Firewall.Tracing;
using Portolan.Model;

namespace Portolan.Cli.Tracing;

/// <summary>Runs a live trace until it has seen enough, and shows each packet when it has gone.</summary>
internal sealed class TraceRunner(CommandContext context, TraceFilter filter, int? count, TimeSpan? duration)
{
    /// <summary>Ctrl-C and the end of the time are noticed so soon.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(50);

    private readonly TraceRules _rules = new(context);
    private int _shown;

    internal ExitCode Run(CancellationToken cancellationToken)
    {
        // First, so that a process without the privilege to read rules fails before anything is changed.
        _ = context.Machine.Rules;
        context.EndInOrder();
        using var trace = LiveTrace.Start(filter);
        Announce(trace);
        var assembler = new PacketAssembler(trace.TableName);
        var started = context.Clock.GetTimestamp();
        while (!IsEnough(started) && !cancellationToken.IsCancellationRequested)
        {
            var now = context.Clock.GetUtcNow();
            trace.Read(Slice, told => assembler.Take(told, now));
            Show(assembler, isLast: false);
        }

        Show(assembler, isLast: true);
        End(trace);

        cancellationToken.ThrowIfCancellationRequested();
        return _shown > 0 ? ExitCode.Success : ExitCode.NothingFound;
    }

    private bool IsEnough(long started) => _shown >= count || context.Clock.GetElapsedTime(started) >= duration;

    private void Announce(LiveTrace trace)
    {
        if (context.Json)
        {
            RuleTraceJson.WriteStart(context.Output, filter, trace.TableName, context.Clock.GetUtcNow());
        }
        else
        {
            context.Error.WriteLine($"portolan: following packets to port {filter.Port} "
                + $"({string.Join(", ", filter.Protocols.Select(static protocol => protocol.Name()))}); Ctrl-C ends it");
        }

        if (!trace.IsOwned)
        {
            context.Error.WriteLine("portolan: if this program is killed, this kernel does not remove the table");
            context.Error.WriteLine(Advice.Of($"then run nft delete table inet {trace.TableName}").ToHint());
        }
    }

    private void Show(PacketAssembler assembler, bool isLast)
    {
        while (!(_shown >= count) && assembler.TryGive(context.Clock.GetUtcNow(), isLast, out var packet))
        {
            _shown++;
            var shown = _rules.Resolve(packet);
            if (context.Json)
            {
                RuleTraceJson.WritePacket(context.Output, shown);
            }
            else
            {
                RuleTraceText.Write(context.Writer, shown, context.OutputColor);
                context.Flush();
            }
        }
    }

    private void End(LiveTrace trace)
    {
        if (context.Json)
        {
            RuleTraceJson.WriteEnd(context.Output, _shown, trace.Losses, context.Clock.GetUtcNow());
        }
        else if (trace.Losses > 0)
        {
            context.Error.WriteLine("portolan: events arrived faster than they were read; packets are missing or incomplete");
        }
    }
}
