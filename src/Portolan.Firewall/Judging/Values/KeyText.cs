using System.Text;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Values;

/// <summary>Text of a key that two keys share only when they are the same number for every packet.</summary>
internal static class KeyText
{
    /// <summary>The text; <c>null</c> when part of the key is not known.</summary>
    public static string? Of(BitValue key, PacketView view)
    {
        var text = new StringBuilder();
        foreach (var segment in key.Segments)
        {
            if (segment.Kind == SegmentKind.Unknown)
            {
                return null;
            }

            if (segment.Kind == SegmentKind.Constant)
            {
                text.Append('=').Append(segment.Bits).Append('/').Append(segment.Width);
                continue;
            }

            var isDerived = PacketFields.IsDerived(segment.Field);
            ref readonly var value = ref view[isDerived ? PacketFields.BaseOf(segment.Field) : segment.Field];
            if (value.Kind == FieldValueKind.Choice)
            {
                return null;
            }

            text.Append(isDerived ? segment.Field.ToString() : "").Append(value.Kind == FieldValueKind.Open ? '@' : '#')
                .Append(value.Number)
                .Append('>').Append(segment.Low).Append('/').Append(segment.Width).Append('^').Append(segment.Bits);
        }

        return text.ToString();
    }
}
