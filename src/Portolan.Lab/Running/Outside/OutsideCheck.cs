using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Writing;

namespace Portolan.Lab.Running.Outside;

/// <summary>Looks before a lab starts whether its ports may reach outside, and whether their programs are there.</summary>
internal static class OutsideCheck
{
    /// <summary>The first port that reaches outside, in words; <c>null</c> when none does.</summary>
    internal static string? Find(LabTopology topology) => topology.Hosts
        .SelectMany(
            static host =>
                Policies(host).Where(static p => p.Policy.ReachesOutside()).Select(
                    p => $"host {host.Name}, {p.Port}: {PolicyText.Format(p.Policy)}"))
        .FirstOrDefault();

    /// <exception cref="PortolanException">They may not, or a program is missing.</exception>
    internal static void Check(LabTopology topology, bool isAllowed)
    {
        foreach (var host in topology.Hosts)
        {
            foreach (var (port, policy) in Policies(host))
            {
                if (policy.ReachesOutside() && !isAllowed)
                {
                    var what = policy is ExecPort ? "runs a program of this machine" : "reaches a Unix socket of this machine";
                    throw new PortolanException(
                        $"host {host.Name}, {port}: {PolicyText.Format(policy)} {what}, which a lab may not do unasked",
                        $"if you trust the file, give --allow-exec: portolan lab run --allow-exec FILE (in code: AllowExec)",
                        ExitCode.Usage);
                }

                if (policy is ExecPort exec && ProgramPath.Find(exec.Command[0]) is null)
                {
                    throw new PortolanException(
                        $"host {host.Name}, {port}: program {exec.Command[0]} not found",
                        $"write the path of a program, or a name in PATH", ExitCode.Usage);
                }
            }
        }
    }

    private static IEnumerable<(string Port, PortPolicy Policy)> Policies(HostSpec host) =>
        host.Ports.Select(static rule => ($"port {rule.Ports}", rule.Policy)).Append(("default-tcp", host.DefaultTcp)).Append(
            ("default-udp", host.DefaultUdp));
}
