using System.Runtime.InteropServices;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Legacy;

/// <summary>One entry of a legacy table, its bounds checked.</summary>
/// <param name="Layout">Of the family.</param>
/// <param name="Offset">Bytes from the start of the table.</param>
/// <param name="Bytes">The whole entry.</param>
/// <param name="Matches">Its matches, one after another.</param>
/// <param name="TargetName">Name of its target: empty for verdicts and jumps, <c>ERROR</c> at the head of a user chain. Hostile
/// text.</param>
/// <param name="TargetRevision">Of the target's layout.</param>
/// <param name="TargetInfo">The target's parameters.</param>
internal readonly record struct LegacyEntry(
    LegacyLayout Layout,
    int Offset,
    ReadOnlyMemory<byte> Bytes,
    ReadOnlyMemory<byte> Matches,
    string TargetName,
    byte TargetRevision,
    ReadOnlyMemory<byte> TargetInfo)
{
    /// <summary>XT_RETURN.</summary>
    internal const int Return = -5;

    private const string ErrorTarget = "ERROR"; // XT_ERROR_TARGET
    private const int SizeField = sizeof(ushort);
    private const int NameSize = 29; // XT_EXTENSION_MAXNAMELEN
    private const int FunctionNameSize = 30; // XT_FUNCTION_MAXNAMELEN

    /// <summary>Where the next entry starts.</summary>
    internal int NextOffset => Offset + Bytes.Length;

    /// <summary>Whether the target is a verdict or a jump (XT_STANDARD_TARGET).</summary>
    internal bool IsStandard => TargetName.Length == 0 && TargetInfo.Length >= sizeof(int);

    /// <summary>The verdict: from 0 an entry to jump to, below -1 less the verdict, or <see cref="Return"/>.</summary>
    internal int Verdict => MemoryMarshal.Read<int>(TargetInfo.Span);

    /// <summary>The name of the chain that starts here, or <c>null</c>. Hostile text.</summary>
    internal string? ChainName =>
        TargetName == ErrorTarget && TargetInfo.Length >= FunctionNameSize ? KernelText.Read(TargetInfo.Span[..FunctionNameSize]) : null;

    /// <summary>Packets so far.</summary>
    internal ulong Packets => MemoryMarshal.Read<ulong>(Bytes.Span[Layout.Counters..]);

    /// <summary>Bytes so far.</summary>
    internal ulong ByteCount => MemoryMarshal.Read<ulong>(Bytes.Span[(Layout.Counters + sizeof(ulong))..]);

    /// <summary>Reads the entry at an offset.</summary>
    internal static bool TryRead(LegacyLayout layout, ReadOnlyMemory<byte> table, int offset, out LegacyEntry entry)
    {
        entry = default;
        var rest = table[offset..];
        if (rest.Length < layout.Size)
        {
            return false;
        }

        var targetOffset = MemoryMarshal.Read<ushort>(rest.Span[layout.TargetOffset..]);
        var nextOffset = MemoryMarshal.Read<ushort>(rest.Span[(layout.TargetOffset + sizeof(ushort))..]);
        if (targetOffset < layout.Size || nextOffset > rest.Length || nextOffset - targetOffset < LegacyLayout.ExtensionHeaderSize)
        {
            return false;
        }

        var bytes = rest[..nextOffset];
        if (!TryReadExtension(bytes[targetOffset..], out var size, out var name, out var revision) || size > nextOffset - targetOffset)
        {
            return false;
        }

        entry = new LegacyEntry(
            layout,
            offset,
            bytes,
            bytes[layout.Size..targetOffset],
            name,
            revision,
            bytes.Slice(targetOffset + LegacyLayout.ExtensionHeaderSize, size - LegacyLayout.ExtensionHeaderSize));
        return true;
    }

    /// <summary>Reads the header of a match or a target.</summary>
    internal static bool TryReadExtension(ReadOnlyMemory<byte> bytes, out int size, out string name, out byte revision)
    {
        (size, name, revision) = (0, "", 0);
        if (bytes.Length < LegacyLayout.ExtensionHeaderSize)
        {
            return false;
        }

        size = MemoryMarshal.Read<ushort>(bytes.Span);
        name = KernelText.Read(bytes.Span.Slice(SizeField, NameSize));
        revision = bytes.Span[SizeField + NameSize];
        return size >= LegacyLayout.ExtensionHeaderSize && size <= bytes.Length;
    }
}
