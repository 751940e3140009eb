using Portolan.Firewall.Host;
using Portolan.Firewall.Replay.Loading;
using Portolan.Firewall.Replay.Rebuilding;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;
using Portolan.Firewall.Tracing;
using Portolan.Linux;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Netlink;
using Portolan.Linux.Scratch;

namespace Portolan.Firewall.Replay.Proving;

/// <summary>
/// Asks the kernel itself what becomes of a packet: the host and its rules are rebuilt in a scratch namespace, the packet is sent, and the
/// kernel's trace is read.
/// </summary>
/// <remarks>
/// Needs no privilege where ordinary users may make user namespaces; nothing of this machine is changed, and no packet leaves the scratch
/// namespace. What was rebuilt is read back and compared first: where anything differs there is no proof, only the obstacle.
/// </remarks>
/// <param name="program">What runs inside.</param>
public sealed class KernelProver(ScratchProgram program)
{
    /// <summary>Asks about one packet. Takes about a tenth of a second, and half a second for a packet that vanishes.</summary>
    /// <param name="rules">The rules, as they were read.</param>
    /// <param name="host">The host's network, as it was read.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="listeners">The sockets that are there.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public KernelProof Prove(
        Ruleset rules, HostFacts host, ProofPacket packet, IReadOnlyList<ProofListener> listeners, CancellationToken cancellationToken)
    {
        var obstacles = ProofObstacles.Find(rules, host, packet);
        if (obstacles.Count > 0)
        {
            return new KernelProof { Packet = packet, Obstacles = obstacles };
        }

        try
        {
            using var scratch = ScratchNamespace.Start(program, cancellationToken);
            return Prove(scratch, rules, host, packet, listeners, cancellationToken);
        }
        catch (NamespaceProcessException exception)
        {
            return new KernelProof
            {
                Packet = packet,
                Obstacles = [exception.Remedy is { } remedy ? $"{exception.Message}; {remedy}" : exception.Message],
            };
        }
        catch (Exception exception) when (exception is ScratchException or LinuxException)
        {
            return new KernelProof { Packet = packet, Obstacles = [exception.Message] };
        }
    }

    private static KernelProof Prove(
        ScratchNamespace scratch, Ruleset rules, HostFacts host, ProofPacket packet, IReadOnlyList<ProofListener> listeners,
        CancellationToken cancellationToken)
    {
        var passed = UnbuiltRules.WithoutMeaning(rules, host, packet);
        host = passed.Count == 0 ? host : host with { PolicyRules = [.. host.PolicyRules.Except(passed)] };
        var differences = HostBuilder.Build(scratch, host, cancellationToken);
        if (differences.Count > 0)
        {
            return new KernelProof { Packet = packet, Obstacles = differences };
        }

        using var netfilter = scratch.OpenNetlink(ScratchPlace.Near, NetlinkFamily.Netfilter);
        var problems = RulesetLoader.Load(netfilter, rules, cancellationToken);
        if (problems.Count > 0)
        {
            return new KernelProof { Packet = packet, Obstacles = problems };
        }

        var reading = RulesetReader.Read(netfilter, cancellationToken);
        var loaded = reading.Ruleset ?? Ruleset.Empty;
        cancellationToken.ThrowIfCancellationRequested();
        problems = [.. loaded.Missing.Select(static missing => missing.Why), .. RulesetComparison.Differences(rules, loaded)];
        if (!reading.IsRead || problems.Count > 0)
        {
            return new KernelProof
            {
                Packet = packet,
                Obstacles = problems.Count > 0 ? problems : ["the loaded rules cannot be read back"],
            };
        }

        if (StartTrace(netfilter, rules, host, packet) is { } obstacle)
        {
            return new KernelProof { Packet = packet, Obstacles = [obstacle] };
        }

        cancellationToken.ThrowIfCancellationRequested();
        var run = new ProofRun(scratch, host, packet, new RuleMap(rules, loaded), cancellationToken);
        return run.Send(listeners) with
        {
            Caveats =
            [
                .. ProofObstacles.Caveats(rules, host, packet),
                .. passed.Select(static rule => $"policy rule {rule} is not rebuilt: it does not match the packet"),
            ],
        };
    }

    private static string? StartTrace(ScratchChannel netfilter, Ruleset rules, HostFacts host, ProofPacket packet)
    {
        var batch = new NetfilterBatch();
        var name = TraceTable.FreeName(rules, "portolan_trace");
        TraceTable.Add(batch, name, isOwned: false, []);
        if (host.Interface(packet.InterfaceIndex) is { } link
            && rules.Tables.Any(
                table => table.Chains.Any(
                    chain => chain.Hook is { Point: HookPoint.Ingress } hook && hook.Devices.Contains(link.Name, StringComparer.Ordinal))))
        {
            TraceTable.AddIngress(batch, name, link.Name);
        }

        var result = batch.Send(netfilter);
        return result.Status == NetfilterBatchStatus.Committed ? null : result.ToException("trace the packet").Message;
    }
}
