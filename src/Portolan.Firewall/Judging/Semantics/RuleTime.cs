using System.Buffers.Binary;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Linux;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>The time as rules load it (nft_meta.c: nft_meta_get_eval_time).</summary>
internal static class RuleTime
{
    private const long SecondsADay = 86_400;
    private const int Thursday = 4; // 1 January 1970

    /// <summary>The value of <c>meta time</c>, <c>day</c> or <c>hour</c>, in host order.</summary>
    public static BitValue Load(MetaKey key, KernelClock clock)
    {
        var bytes = new byte[8];
        switch (key)
        {
            case MetaKey.TimeNanoseconds:
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)(clock.Now.ToUnixTimeMilliseconds() * 1_000_000));
                return BitValue.Constant(bytes);
            case MetaKey.TimeDay:
                return BitValue.Constant([(byte)Day(clock.Now.ToUnixTimeSeconds() - (clock.MinutesWest * 60L))]);
            default:
                // Hours are those of UTC: nft turns what is written round when it loads the rule.
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)Second(clock.Now.ToUnixTimeSeconds()));
                return BitValue.Constant(bytes.AsSpan(0, 4));
        }
    }

    /// <summary>The day of the week, 0 for Sunday.</summary>
    public static int Day(long seconds) => (int)((Thursday + (seconds / SecondsADay)) % 7);

    /// <summary>The second of the day.</summary>
    public static int Second(long seconds) => (int)(seconds % SecondsADay);
}
