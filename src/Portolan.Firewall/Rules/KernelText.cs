using System.Text;
using System.Text.Unicode;

namespace Portolan.Firewall.Rules;

/// <summary>The kernel's names (tables, interfaces, comments) as text, and back.</summary>
/// <remarks>
/// A name is any bytes. What is no UTF-8 is kept byte by byte in a part of the private use area, as on Linux's console, so that two names
/// never become one text and each can be had back. All of it is hostile.
/// </remarks>
internal static class KernelText
{
    // A byte from 0x80 on stands at this plus its number.
    private const char RawBase = '\uf700';
    private const char FirstRaw = '\uf780';
    private const char LastRaw = '\uf7ff';

    /// <summary>The text up to the first zero byte, or all of it.</summary>
    internal static string Read(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        var name = end < 0 ? bytes : bytes[..end];
        if (IsPlain(name))
        {
            return Encoding.UTF8.GetString(name);
        }

        var text = new StringBuilder(name.Length);
        foreach (var value in name)
        {
            text.Append(value < 0x80 ? (char)value : (char)(RawBase + value));
        }

        return text.ToString();
    }

    /// <summary>The bytes that <see cref="Read"/> read.</summary>
    internal static byte[] Bytes(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange(FirstRaw, LastRaw))
        {
            return Encoding.UTF8.GetBytes(text);
        }

        var bytes = new byte[text.Length];
        for (var index = 0; index < bytes.Length; index++)
        {
            bytes[index] = (byte)text[index];
        }

        return bytes;
    }

    /// <summary>Whether the bytes are UTF-8, and none of it looks like a byte that is kept.</summary>
    internal static bool IsPlain(ReadOnlySpan<byte> bytes)
    {
        // In UTF-8 these are EF 9E 80 to EF 9F BF.
        ReadOnlySpan<byte> low = [0xef, 0x9e], high = [0xef, 0x9f];
        return Utf8.IsValid(bytes) && bytes.IndexOf(low) < 0 && bytes.IndexOf(high) < 0;
    }
}
