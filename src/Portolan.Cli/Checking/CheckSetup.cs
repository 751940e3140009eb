using System.Runtime.InteropServices;
using Portolan.Cli.Hosting;
using Portolan.Linux.Libraries;
using Portolan.Scan.Checking;
using Portolan.Scan.Names;
using Portolan.Scan.Probes.Payloads;

namespace Portolan.Cli.Checking;

/// <summary>Puts together what checks touch: this machine's sockets, names, routes and clock.</summary>
internal static class CheckSetup
{
    /// <summary>Makes the checker.</summary>
    /// <param name="options">How checks are made.</param>
    /// <param name="servers">DNS servers to ask in place of this host's; <c>null</c> for those.</param>
    /// <param name="context">This machine.</param>
    public static PortChecker Make(CheckOptions options, IReadOnlyList<DnsServer>? servers, CommandContext context)
    {
        var files = ReadFiles(options, servers, context);
        return new PortChecker(
            new CheckTools(
                new SystemSockets(new KernelSocketWitness(), name => FindInterface(name, context), context.Clock),
                MakeNames(files, servers is null, context),
                files.Settings.Servers,
                NextDnsId,
                context.Machine.Network,
                new UdpPayloads(NextSeed()),
                WhyNoTls,
                context.Clock),
            options);
    }

    /// <summary>What finds the addresses of names, as checks do.</summary>
    public static INameLookup MakeNames(CommandContext context) =>
        MakeNames(ReadFiles(new CheckOptions(), null, context), useSystem: true, context);

    private static NameResolver MakeNames(ResolverFiles files, bool useSystem, CommandContext context) =>
        files.MakeResolver(
            new SocketDnsTransport(context.Clock), context.Clock, NextDnsId, useSystem ? new SystemNames(context.Clock) : null);

    private static ResolverFiles ReadFiles(CheckOptions options, IReadOnlyList<DnsServer>? servers, CommandContext context)
    {
        var files = ResolverFiles.Read(findInterface: name => FindInterface(name, context) is > 0 and var number ? (uint)number : null);
        files = servers is null ? files : files.WithServers(servers);
        return files with
        {
            Settings =
            files.Settings with { Timeout = files.Settings.Timeout < options.Timeout ? files.Settings.Timeout : options.Timeout }
        };
    }

    private static int FindInterface(string name, CommandContext context) => context.Machine.ReadInterfaces().GetValueOrDefault(name);

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
