using System.Runtime.InteropServices;
using Portolan.Linux.Libraries;
using Portolan.Reachability.Composing;
using Portolan.Scan.Checking;
using Portolan.Scan.Names;
using Portolan.Scan.Probes.Payloads;

namespace Portolan.Watch.Checking;

/// <summary>Puts together what checks touch: the kernel's sockets, and names, routes and clock of a machine.</summary>
public static class CheckSetup
{
    /// <summary>Makes the checker.</summary>
    /// <param name="options">How checks are made.</param>
    /// <param name="servers">DNS servers to ask in place of this host's; <c>null</c> for those.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="guard">Puts sockets that refuse some addresses before the kernel's; <c>null</c> for those as they are.</param>
    public static PortChecker Make(
        CheckOptions options, IReadOnlyList<DnsServer>? servers, Machine machine, Func<ICheckSockets, ICheckSockets>? guard = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(machine);
        var files = ReadFiles(options, servers, machine);
        var sockets = new SystemSockets(new KernelSocketWitness(), name => FindInterface(name, machine), machine.Clock);
        return new PortChecker(
            new CheckTools(
                guard is null ? sockets : guard(sockets),
                MakeNames(files, servers is null, machine),
                files.Settings.Servers,
                NextDnsId,
                machine.Network,
                new UdpPayloads(NextSeed()),
                WhyNoTls,
                machine.Clock),
            options);
    }

    /// <summary>What finds the addresses of names, as checks do.</summary>
    public static INameLookup MakeNames(Machine machine) =>
        MakeNames(ReadFiles(new CheckOptions(), null, machine), useSystem: true, machine);

    private static NameResolver MakeNames(ResolverFiles files, bool useSystem, Machine machine) =>
        files.MakeResolver(
            new SocketDnsTransport(machine.Clock), machine.Clock, NextDnsId, useSystem ? new SystemNames(machine.Clock) : null);

    private static ResolverFiles ReadFiles(CheckOptions options, IReadOnlyList<DnsServer>? servers, Machine machine)
    {
        var files = ResolverFiles.Read(findInterface: name => FindInterface(name, machine) is > 0 and var number ? (uint)number : null);
        files = servers is null ? files : files.WithServers(servers);
        return files with
        {
            Settings =
            files.Settings with { Timeout = files.Settings.Timeout < options.Timeout ? files.Settings.Timeout : options.Timeout }
        };
    }

    private static int FindInterface(string name, Machine machine) => machine.ReadInterfaces().GetValueOrDefault(name);

    private static (string Problem, Advice Remedy)? WhyNoTls() => OpenSslLibrary.IsInstalled
        ? default((string, Advice)?)
        : ("TLS needs the OpenSSL library, which is not installed", $"install it: apt-get install libssl3, or your system's package");

    private static ushort NextDnsId() => (ushort)NextSeed();

    // The kernel's own random numbers, by way of a GUID: RandomNumberGenerator would load OpenSSL, which a check without TLS must not need.
    // What is fixed in one half of a GUID (RFC 9562 section 5.4) is random in the other.
    private static ulong NextSeed()
    {
        var halves = MemoryMarshal.Cast<Guid, ulong>([Guid.NewGuid()]);
        return halves[0] ^ halves[1];
    }
}
