using System.Buffers.Binary;
using System.Text;
using Portolan.Linux.Bpf;

namespace Portolan.Tests.Linux.Bpf;

/// <summary>Writes BTF by hand, record by record, as linux/btf.h lays it out.</summary>
internal sealed class BtfWriter
{
    private readonly List<byte> _types = [];
    private readonly List<byte> _strings = [0];

    /// <summary>How many types there are.</summary>
    public uint Count { get; private set; }

    /// <summary>Adds a type with the words that follow its head; returns its number.</summary>
    public uint Add(string name, BtfKind kind, int count = 0, uint sizeOrType = 0, bool kindFlag = false, params uint[] words)
    {
        Word(String(name));
        Word((uint)count | ((uint)kind << 24) | (kindFlag ? 0x8000_0000 : 0));
        Word(sizeOrType);
        foreach (var word in words)
        {
            Word(word);
        }

        return ++Count;
    }

    /// <summary>Adds a structure; a member is its name, its type and its offset in bits.</summary>
    public uint AddStruct(string name, params (string Name, uint Type, uint Bits)[] members) =>
        AddMembers(name, BtfKind.Struct, false, members);

    /// <summary>Adds a structure or union.</summary>
    public uint AddMembers(string name, BtfKind kind, bool kindFlag, params (string Name, uint Type, uint Bits)[] members)
        => Add(name, kind, members.Length, 64, kindFlag, [.. members.SelectMany(m => new[] { String(m.Name), m.Type, m.Bits })]);

    /// <summary>The whole file.</summary>
    public byte[] ToArray()
    {
        var header = new byte[24];
        BinaryPrimitives.WriteUInt16LittleEndian(header, 0xeb9f);
        header[2] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), 24);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), (uint)_types.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), (uint)_types.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(20), (uint)_strings.Count);
        return [.. header, .. _types, .. _strings];
    }

    private uint String(string text)
    {
        if (text.Length == 0)
        {
            return 0;
        }

        byte[] needle = [0, .. Encoding.UTF8.GetBytes(text), 0];
        var at = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_strings).IndexOf(needle);
        if (at < 0)
        {
            at = _strings.Count - 1;
            _strings.AddRange(needle.AsSpan(1));
        }

        return (uint)at + 1;
    }

    private void Word(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _types.AddRange(bytes);
    }
}
