using System.Globalization;

namespace Portolan.Firewall.Rendering.Values;

/// <summary>A time span: <c>1d2h3m4s500ms</c>.</summary>
internal sealed class DurationType() : DataType("time", 18, 8, isHostOrder: true)
{
    /// <inheritdoc/>
    public override string Format(ReadOnlySpan<byte> data) =>
        data.Length <= 8 ? DurationText.Format((ulong)ByteText.Number(data)) : ByteText.Hex(data);
}

/// <summary>Nanoseconds since the epoch, which nft takes as seconds.</summary>
internal sealed class EpochType() : DataType("time", 43, 8, isHostOrder: true)
{
    private const ulong NanosecondsPerSecond = 1_000_000_000;

    /// <inheritdoc/>
    public override bool CanWrite(ReadOnlySpan<byte> data) => data.Length <= 8 && (ulong)ByteText.Number(data) % NanosecondsPerSecond == 0;

    /// <inheritdoc/>
    public override string Format(ReadOnlySpan<byte> data)
    {
        var value = data.Length <= 8 ? (ulong)ByteText.Number(data) : 0;
        return value % NanosecondsPerSecond == 0
            ? (value / NanosecondsPerSecond).ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{value / NanosecondsPerSecond}.{value % NanosecondsPerSecond:d9}");
    }
}

/// <summary>A day of the week.</summary>
internal sealed class DayType() : DataType("day", 45, 1, isHostOrder: true)
{
    private static readonly string[] Names = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    /// <inheritdoc/>
    public override string Format(ReadOnlySpan<byte> data) =>
        ByteText.Number(data) < (UInt128)Names.Length ? $"\"{Names[(int)ByteText.Number(data)]}\"" : ByteText.Decimal(data);
}
