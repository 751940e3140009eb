namespace Portolan.Tests.Model;

public sealed class SequencesTests
{
    [Fact]
    public void Code_in_the_namespaces_of_Portolan_binds_to_them_and_not_to_LINQ()
    {
        int[] numbers = [1, 2, 3];
        Assert.Equal(typeof(Sequences), numbers.Select(n => n).GetType().DeclaringType);
        Assert.Equal(typeof(Sequences), numbers.Where(n => n > 1).GetType().DeclaringType);
    }

    [Fact]
    public void They_select_and_filter_in_order_and_only_when_asked()
    {
        var seen = new List<int>();
        var query = Enumerable.Range(1, 4).Where(n => n % 2 == 0).Select(n =>
        {
            seen.Add(n);
            return (Number: n, Text: $"{n}");
        });
        Assert.Empty(seen);
        Assert.Equal((2, "2"), query.First());
        Assert.Equal([2], seen);
        Assert.Equal([(2, "2"), (4, "4")], query);
    }
}
