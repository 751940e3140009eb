using System.Buffers.Binary;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Privilege;

/// <summary>
/// The capabilities that a program's file gives to whoever runs it: the extended attribute <c>security.capability</c> (capabilities(7)).
/// </summary>
/// <param name="Permitted">What a process gets into its permitted set.</param>
/// <param name="IsEffective">Whether it gets them into its effective set too (setcap's <c>=ep</c>).</param>
public readonly record struct FileCapabilities(CapabilitySet Permitted, bool IsEffective)
{
    private const int Revision2 = 0x02000000;
    private const int Revision3 = 0x03000000;
    private const int RevisionMask = unchecked((int)0xff000000);
    private const int EffectiveFlag = 1;
    private const int Revision2Length = 20;

    /// <summary>Reads those of a file; none where it has none or cannot be asked.</summary>
    public static unsafe FileCapabilities Of(string path)
    {
        var bytes = stackalloc byte[64];
        var length = Libc.getxattr(path, "security.capability", bytes, 64);
        return length > 0 && TryParse(new ReadOnlySpan<byte>(bytes, (int)length), out var capabilities) ? capabilities : default;
    }

    /// <summary>Reads the attribute (struct vfs_cap_data and vfs_ns_cap_data of linux/capability.h, little-endian).</summary>
    internal static bool TryParse(ReadOnlySpan<byte> attribute, out FileCapabilities capabilities)
    {
        capabilities = default;
        if (attribute.Length < Revision2Length)
        {
            return false;
        }

        var magic = BinaryPrimitives.ReadInt32LittleEndian(attribute);
        if ((magic & RevisionMask) is not (Revision2 or Revision3))
        {
            return false;
        }

        // Twice permitted and inheritable, 32 capabilities each.
        var bits = BinaryPrimitives.ReadUInt32LittleEndian(attribute[4..])
            | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(attribute[12..]) << 32);
        capabilities = new FileCapabilities(new CapabilitySet(bits), (magic & EffectiveFlag) != 0);
        return true;
    }
}
