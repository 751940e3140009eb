using System.Buffers.Binary;
using System.Security.Cryptography;
using Portolan.Cli.Hosting;
using Portolan.Scan.Checking;
using Portolan.Scan.Probes.Payloads;

namespace Portolan.Cli.Checking;

/// <summary>Puts together what checks touch: this machine's sockets, names, routes and clock.</summary>
internal static class CheckSetup
{
    /// <summary>Makes the checker.</summary>
    public static PortChecker Make(CheckOptions options, CommandContext context)
    {
        Span<byte> seed = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(seed);
        return new PortChecker(
            new CheckTools(
                new SystemSockets(new KernelSocketWitness(), name => context.ReadInterfaces().GetValueOrDefault(name), context.Clock),
                new SystemNames(options.Timeout, context.Clock),
                context.Network,
                new UdpPayloads(BinaryPrimitives.ReadUInt64LittleEndian(seed)),
                context.Clock),
            options);
    }
}
