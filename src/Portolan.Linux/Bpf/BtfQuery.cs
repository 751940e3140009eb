namespace Portolan.Linux.Bpf;

/// <summary>A type to find in BTF, and where it was found.</summary>
/// <param name="Name">Its name, ASCII.</param>
/// <param name="Kind">Its kind.</param>
internal record struct BtfQuery(byte[] Name, BtfKind Kind)
{
    /// <summary>Its number, 0 when it was not found.</summary>
    internal uint Id { get; set; }

    /// <summary>Where its record begins in the type section.</summary>
    internal int Position { get; set; }

    /// <summary>Its name's place in the string section, 0 when it is not there.</summary>
    internal uint NameOffset { get; set; }
}
