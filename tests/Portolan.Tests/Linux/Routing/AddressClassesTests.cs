using System.Globalization;
using Portolan.Linux.Routing;
using Portolan.Model;
using Portolan.Tests.Support;

namespace Portolan.Tests.Linux.Routing;

public sealed class AddressClassesTests
{
    [Trait("Quick", "no")]
    [Theory]
    [InlineData(32)]
    [InlineData(128)]
    public void Two_addresses_share_a_class_exactly_when_the_same_prefixes_hold_them(int bits) => Fuzz.Run(2000, (random, _) =>
    {
        var prefixes = new List<(InternetAddress Address, int Length)>();
        for (var i = random.Next(12); i > 0; i--)
        {
            prefixes.Add((RandomAddress(random, bits), random.Next(bits + 1)));
        }

        var classes = AddressClasses.Make(prefixes.ConvertAll(p => ClassPrefix.Of(p.Address, p.Length, asksEach: false)), bits);
        var holders = new Dictionary<int, string>();
        for (var i = 0; i < 60; i++)
        {
            var address = prefixes.Count > 0 && i % 3 > 0
                ? NearEdge(random, prefixes[random.Next(prefixes.Count)], bits)
                : RandomAddress(random, bits);
            var around = string.Join(
                ' ',
                prefixes.Where(p => address.IsIn(p.Address, p.Length)).Select(p => Name(p.Address, p.Length))
                    .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
            var number = classes.ClassOf(address);
            Assert.True(number >= 0);
            Assert.Equal(around, holders.TryGetValue(number, out var known) ? known : holders[number] = around);
        }

        // The other way round: no two classes for the same set of prefixes.
        Assert.Equal(holders.Count, holders.Values.Distinct(StringComparer.Ordinal).Count());
    });

    [Fact]
    public void Addresses_within_a_prefix_that_is_balanced_are_asked_for_one_by_one() => Fuzz.Run(1000, (random, _) =>
    {
        var prefixes = new List<(InternetAddress Address, int Length, bool AsksEach)>();
        for (var i = random.Next(1, 8); i > 0; i--)
        {
            prefixes.Add((RandomAddress(random, 32), random.Next(8), random.Next(3) == 0));
        }

        var classes = AddressClasses.Make(prefixes.ConvertAll(p => ClassPrefix.Of(p.Address, p.Length, p.AsksEach)), 32);
        for (var i = 0; i < 30; i++)
        {
            var address = RandomAddress(random, 32);
            Assert.Equal(prefixes.Exists(p => p.AsksEach && address.IsIn(p.Address, p.Length)), classes.ClassOf(address) < 0);
        }
    });

    private static string Name(InternetAddress address, int length) =>
        string.Create(CultureInfo.InvariantCulture, $"{ClassPrefix.Of(address, length, asksEach: false).Start}/{length}");

    private static InternetAddress RandomAddress(Random random, int bits)
    {
        var bytes = new byte[bits / 8];
        random.NextBytes(bytes);
        return InternetAddress.FromBytes(bytes);
    }

    // The first or last address of a prefix, or the one before or after.
    private static InternetAddress NearEdge(Random random, (InternetAddress Address, int Length) prefix, int bits)
    {
        var start = ClassPrefix.Of(prefix.Address, prefix.Length, asksEach: false).Start;
        var size = prefix.Length == 0 ? UInt128.Zero : UInt128.One << (bits - prefix.Length);
        var number = random.Next(4) switch { 0 => start, 1 => start - 1, 2 => start + size - 1, _ => start + size };
        var bytes = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return InternetAddress.FromBytes(bytes.AsSpan(16 - (bits / 8)));
    }
}
