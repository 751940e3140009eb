namespace Portolan.Model.Registry;

/// <summary>Comparing and finding UTF-8 texts without regard to the case of ASCII letters.</summary>
internal static class RegistryText
{
    /// <summary>Orders by bytes, capitals as small letters.</summary>
    public static int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var length = Math.Min(left.Length, right.Length);
        for (var i = 0; i < length; i++)
        {
            var difference = Fold(left[i]) - Fold(right[i]);
            if (difference != 0)
            {
                return difference;
            }
        }

        return left.Length - right.Length;
    }

    /// <summary>Whether the text begins so.</summary>
    public static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> prefix)
        => text.Length >= prefix.Length && Compare(text[..prefix.Length], prefix) == 0;

    /// <summary>Where the word first is in the text, or -1. <paramref name="word"/> is in small letters.</summary>
    public static int IndexOf(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        if (word.IsEmpty)
        {
            return 0;
        }

        var capital = word[0] is >= (byte)'a' and <= (byte)'z' ? (byte)(word[0] - 32) : word[0];
        for (var from = 0; from + word.Length <= text.Length; from++)
        {
            var step = text[from..(text.Length - word.Length + 1)].IndexOfAny(word[0], capital);
            if (step < 0)
            {
                return -1;
            }

            from += step;
            if (StartsWith(text[from..], word))
            {
                return from;
            }
        }

        return -1;
    }

    /// <summary>A capital ASCII letter as its small one; anything else as it is.</summary>
    public static byte Fold(byte value) => value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value | 0x20) : value;
}
