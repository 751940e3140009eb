using System.Runtime.InteropServices;
using Portolan.Model;
using Portolan.Sockets;

namespace Portolan.Tests.Sockets.Filtering;

/// <summary>
/// The kernel's filter machine for sockets, from its documented format (linux/inet_diag.h) and observed behaviour: the oracle of the
/// compiler.
/// </summary>
internal static class KernelMachine
{
    private const byte Nop = 0, Jump = 1, LocalAtLeast = 2, LocalAtMost = 3, RemoteAtLeast = 4, RemoteAtMost = 5, Automatic = 6,
        LocalHost = 7, RemoteHost = 8, Device = 9;

    private const int Internet = 2, Internet6 = 10;

    /// <summary>Whether the kernel would take the program at all; the reason when not.</summary>
    public static string? Audit(ReadOnlySpan<byte> program)
    {
        if (program.Length < 4)
        {
            return "too short";
        }

        var starts = new HashSet<int>();
        var targets = new List<int>();
        var at = 0;
        while (at < program.Length)
        {
            starts.Add(at);
            var left = program.Length - at;
            if (left < 4)
            {
                return $"{at}: cut off";
            }

            var (code, yes, no) = Read(program, at);
            var needed = Needed(program[at..], code);
            if (needed is null)
            {
                return $"{at}: unknown operation {code} or cut-off operand";
            }

            if (code != Nop)
            {
                if (no < needed || no > left + 4 || no % 4 != 0)
                {
                    return $"{at}: no={no}";
                }

                if (no < left)
                {
                    targets.Add(at + no);
                }
            }

            if (yes < needed || yes > left + 4 || yes % 4 != 0)
            {
                return $"{at}: yes={yes}";
            }

            at += yes;
        }

        return at != program.Length ? "runs past its end"
            : targets.Find(target => !starts.Contains(target)) is var inside and > 0 ? $"a jump leads into the operand at {inside}"
            : null;
    }

    /// <summary>Whether the kernel would copy this socket out.</summary>
    public static bool Accepts(ReadOnlySpan<byte> program, in SocketEntry entry, bool boundByHand = true)
    {
        var at = 0;
        while (at < program.Length)
        {
            var (code, yes, no) = Read(program, at);
            var operand = program[(at + 4)..];
            var holds = code switch
            {
                Nop => true,
                Jump => false,
                LocalAtLeast => entry.LocalPort >= Port(operand),
                LocalAtMost => entry.LocalPort <= Port(operand),
                RemoteAtLeast => entry.RemotePort >= Port(operand),
                RemoteAtMost => entry.RemotePort <= Port(operand),
                Automatic => !boundByHand,
                LocalHost => HostMatches(operand, entry.LocalAddress, entry.LocalPort),
                RemoteHost => HostMatches(operand, entry.RemoteAddress, entry.RemotePort),
                Device => MemoryMarshal.Read<int>(operand) == entry.InterfaceIndex,
                _ => throw new InvalidOperationException($"operation {code}"),
            };
            at += holds ? yes : no;
        }

        return at == program.Length;
    }

    private static (byte Code, int Yes, int No) Read(ReadOnlySpan<byte> program, int at) =>
        (program[at], program[at + 1], MemoryMarshal.Read<ushort>(program[(at + 2)..]));

    private static ushort Port(ReadOnlySpan<byte> operand) => MemoryMarshal.Read<ushort>(operand[2..]);

    private static int? Needed(ReadOnlySpan<byte> operation, byte code)
    {
        var needed = code switch
        {
            Nop or Jump or Automatic => 4,
            LocalAtLeast or LocalAtMost or RemoteAtLeast or RemoteAtMost or Device => 8,
            LocalHost or RemoteHost when operation.Length >= 12 => 12 + (operation[4] switch
            {
                0 => 0,
                Internet => 4,
                Internet6 => 16,
                _ => 1000,
            }),
            _ => 1000,
        };
        if (needed > operation.Length)
        {
            return null;
        }

        var isHost = code is LocalHost or RemoteHost;
        return isHost && operation[5] > (needed - 12) * 8 ? null : needed;
    }

    // A host of no family compares the port only. An IPv4 host also holds for IPv4 mapped into IPv6, never the other way round.
    private static bool HostMatches(ReadOnlySpan<byte> operand, InternetAddress address, ushort port)
    {
        int family = operand[0], bits = operand[1], wantedPort = MemoryMarshal.Read<int>(operand[4..]);
        if (wantedPort != -1 && wantedPort != port)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        bytes = bytes[..address.WriteBytes(bytes)];
        var own = address.IsIPv4 ? Internet : Internet6;
        if (family != 0 && family != own)
        {
            return own == Internet6 && address.IsIPv4Mapped && SamePrefix(bytes[12..], operand[8..], bits);
        }

        return bits == 0 || SamePrefix(bytes, operand[8..], bits);
    }

    private static bool SamePrefix(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, int bits)
    {
        for (var i = 0; i < bits; i++)
        {
            if (((left[i / 8] ^ right[i / 8]) & (0x80 >> (i % 8))) != 0)
            {
                return false;
            }
        }

        return true;
    }
}
