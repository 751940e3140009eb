using FsCheck;
using FsCheck.Fluent;
using Portolan.Transport;

namespace Portolan.Tests.Transport;

/// <summary>Sequence numbers keep their order across the wrap.</summary>
public sealed class SequenceNumberTests
{
    // Half of them near the wrap or the far side of the circle, where mistakes live.
    private static Gen<SequenceNumber> Numbers => Gen.OneOf(
        Gen.Choose(int.MinValue, int.MaxValue).Select(static value => new SequenceNumber((uint)value)),
        Gen.Choose(-5, 5).Select(static value => new SequenceNumber((uint)value)),
        Gen.Choose(-5, 5).Select(static value => new SequenceNumber(0x8000_0000u + (uint)value)));

    private static Gen<int> Distances =>
        Gen.OneOf(Gen.Choose(1, int.MaxValue), Gen.Choose(1, 5), Gen.Choose(int.MaxValue - 5, int.MaxValue));

    [Fact]
    public void What_lies_ahead_by_less_than_half_the_circle_is_later() => Verify(Numbers, Distances, static (number, distance) =>
    {
        var later = number + distance;
        Assert.True(number < later && later > number && number <= later && later >= number);
        Assert.False(later < number || number > later || later <= number || number >= later);
        Assert.Equal((distance, -distance, (uint)distance), (later - number, number - later, later.StepsFrom(number)));
        Assert.Equal((later, number), (SequenceNumber.Later(number, later), SequenceNumber.Earlier(number, later)));
        Assert.Equal((later, number), (SequenceNumber.Later(later, number), SequenceNumber.Earlier(later, number)));
        Assert.Equal(number, later - (uint)distance);
        Assert.Equal(number, later + -distance);
    });

    [Fact]
    public void Exactly_half_the_circle_apart_neither_is_before_the_other() => Verify(Numbers, Distances, static (number, _) =>
    {
        var opposite = number + 0x8000_0000u;
        Assert.False(
            number < opposite || opposite < number || number > opposite || opposite > number || number <= opposite || opposite >= number);
    });

    [Fact]
    public void A_number_equals_itself_and_is_not_before_itself() => Verify(Numbers, Distances, static (number, _) =>
    {
        var same = new SequenceNumber(number.Value);
        Assert.True(number <= same && number >= same && number == same);
        Assert.False(number < same || number > same);
    });

    [Fact]
    public void A_window_holds_the_numbers_that_counting_finds_in_it() => Verify(Numbers, Gen.Choose(0, 40), static (start, length) =>
    {
        for (var offset = -50; offset < 50; offset++)
        {
            Assert.Equal(offset >= 0 && offset < length, (start + offset).IsIn(start, (uint)length));
        }
    });

    [Fact]
    public void A_segment_is_acceptable_when_one_of_its_ends_lies_in_the_window() =>
        Verify(Numbers, Gen.Choose(0, 12).Two(), static (next, sizes) =>
    {
        var (length, window) = sizes;
        for (var offset = -30; offset < 30; offset++)
        {
            // RFC 9293 table 6, case by case.
            var first = offset >= 0 && offset < window;
            var last = offset + length - 1 >= 0 && offset + length - 1 < window;
            var expected = window == 0 ? length == 0 && offset == 0 : length == 0 ? first : first || last;
            Assert.Equal(expected, (next + offset).IsAcceptable((uint)length, next, (uint)window));
        }
    });

    [Fact]
    public void Order_is_transitive_within_half_the_circle() =>
        Verify(Numbers, Gen.Choose(1, int.MaxValue / 2).Two(), static (number, steps) =>
    {
        var second = number + steps.Item1;
        var third = second + steps.Item2;
        Assert.True(number < second && second < third && number < third);
    });

    private static void Verify<TSecond>(Gen<SequenceNumber> numbers, Gen<TSecond> seconds, Action<SequenceNumber, TSecond> body) =>
        Check.QuickThrowOnFailure(
        Prop.ForAll(Arb.From(numbers), Arb.From(seconds), (number, second) =>
        {
            body(number, second);
            return true;
        }));
}
