using System.Buffers.Binary;

namespace Portolan.EndToEnd.Tests.Lab;

/// <summary>Reads the blocks of a pcapng file (draft-ietf-opsawg-pcapng section 3.1).</summary>
internal static class CaptureBlocks
{
    private const uint SectionHeader = 0x0a0d0d0a;
    private const int Around = 12;

    /// <summary>
    /// The types of all whole blocks. A last one may be cut, where whoever wrote it was killed; anything else that is no block fails the
    /// test.
    /// </summary>
    internal static IReadOnlyList<uint> Read(string file)
    {
        var bytes = File.Exists(file) ? File.ReadAllBytes(file) : [];
        List<uint> types = [];
        for (var at = 0; bytes.Length - at >= Around;)
        {
            var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 4));
            Assert.True(length >= Around && length % 4 == 0, $"a block of {length} bytes at {at}");
            if (length > bytes.Length - at)
            {
                break;
            }

            Assert.Equal(length, (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + length - 4)));
            types.Add(BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at)));
            at += length;
        }

        Assert.True(types.Count == 0 || types[0] == SectionHeader, "it does not begin as a capture");
        return types;
    }
}
