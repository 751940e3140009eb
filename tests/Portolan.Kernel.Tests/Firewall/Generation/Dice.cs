namespace Portolan.Kernel.Tests.Firewall.Generation;

/// <summary>Choices of a seeded generator.</summary>
internal sealed class Dice(int seed)
{
    private readonly Random _random = new(seed);

    public int Next(int below) => _random.Next(below);

    public int Between(int first, int last) => _random.Next(first, last + 1);

    public bool Percent(int chance) => _random.Next(100) < chance;

    public T Of<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];

    public ulong NextBits() => (ulong)_random.NextInt64(long.MinValue, long.MaxValue);

    /// <summary>One of the makers, the heavier the likelier.</summary>
    public string Weighted(params ReadOnlySpan<(int Weight, Func<string> Make)> makers)
    {
        var total = 0;
        foreach (var (weight, _) in makers)
        {
            total += weight;
        }

        var at = _random.Next(total);
        foreach (var (weight, make) in makers)
        {
            if ((at -= weight) < 0)
            {
                return make();
            }
        }

        throw new InvalidOperationException();
    }
}
