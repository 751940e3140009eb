namespace Portolan.Firewall.Reviewing;

/// <summary>
/// How much may be compared before what is left is not looked at: rules are others' doing, and may be made so that all of it takes hours.
/// </summary>
/// <param name="most">Comparisons of two numbers, roughly.</param>
internal sealed class WorkBudget(long most)
{
    private long _left = most;

    /// <summary>Whether there was more to do than may be done.</summary>
    public bool IsUsedUp => _left < 0;

    /// <summary>Counts work.</summary>
    public void Take(long amount) => _left -= amount;
}
