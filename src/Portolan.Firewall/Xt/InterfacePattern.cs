using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Xt;

/// <summary>Matches the name of an interface.</summary>
/// <param name="Name">The name or how it starts; empty for any. Hostile text.</param>
/// <param name="IsPrefix">Whether names that start so match; iptables writes a <c>+</c> behind it.</param>
/// <param name="IsInverted">Whether it matches the others.</param>
public readonly record struct InterfacePattern(string Name, bool IsPrefix, bool IsInverted)
{
    /// <summary>IFNAMSIZ: bytes of a name with its zero.</summary>
    internal const int Size = 16;

    /// <summary>Whether every interface matches, and none.</summary>
    public bool IsAny => Name.Length == 0 && IsPrefix && !IsInverted;

    /// <summary>
    /// From a name and the mask of those of its bytes that count; <c>null</c> for a mask that is not the start of the name.
    /// </summary>
    internal static InterfacePattern? Read(ReadOnlySpan<byte> name, ReadOnlySpan<byte> mask, bool isInverted)
    {
        var counted = mask[..Size].IndexOfAnyExcept((byte)0xff);
        counted = counted < 0 ? Size : counted;
        if (mask[counted..Size].ContainsAnyExcept((byte)0))
        {
            return null;
        }

        // With the name's zero under the mask, the name ends there.
        var length = name[..Size].IndexOf((byte)0);
        length = length < 0 ? Size : length;
        return counted <= length
            ? new InterfacePattern(KernelText.Read(name[..counted]), true, isInverted)
            : new InterfacePattern(KernelText.Read(name[..length]), false, isInverted);
    }
}
